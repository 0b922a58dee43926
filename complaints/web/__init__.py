"""What a browser meets: one blueprint an audience, behind one guard."""
