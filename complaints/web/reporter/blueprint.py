from flask import Blueprint

blueprint = Blueprint("reporter", __name__)
