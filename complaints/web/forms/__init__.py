"""What people type into, field by field. The guard has checked a form's token before a form here reads it."""
