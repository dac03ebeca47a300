"""Authlib's Flask client: who is not logged in is sent to the identity provider."""

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

app = Flask(__name__)
app.secret_key = "development"
oauth = OAuth(app)
oauth.register(
    name="company",
    client_id="shop",
    client_secret="development",
    authorize_url="https://sso.company.test/oauth2/authorize",
    access_token_url="https://sso.company.test/oauth2/token",
    client_kwargs={"scope": "openid profile"},
)


@app.route("/")
def homepage():
    if "user" not in session:
        return redirect(url_for("login"))
    return f"Hello, {session['user']}"


@app.route("/login")
def login():
    return oauth.company.authorize_redirect(url_for("authorized", _external=True))


@app.route("/authorized")
def authorized():
    session["user"] = oauth.company.authorize_access_token()["userinfo"]["name"]
    return redirect("/")
