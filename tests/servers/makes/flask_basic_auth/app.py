"""The example of Flask-HTTPAuth: every page behind basic authentication."""

from flask import Flask
from flask_httpauth import HTTPBasicAuth
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
auth = HTTPBasicAuth()
users = {"john": generate_password_hash("hello")}


@auth.verify_password
def verify_password(username, password):
    if username in users and check_password_hash(users[username], password):
        return username
    return None


@app.route("/")
@auth.login_required
def index():
    return f"Hello, {auth.current_user()}!"
