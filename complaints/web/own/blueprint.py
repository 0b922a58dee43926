from flask import Blueprint

blueprint = Blueprint("own", __name__, url_prefix="/<locale:locale>/inbox/case")
