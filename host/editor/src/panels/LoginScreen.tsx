/** Asks for the server's token. */
import { KeyRound } from "lucide-react";
import { useState } from "react";

import { useView } from "../app/view";
import { api, ApiFailure } from "../api/client";
import { Button } from "../ui/Button";
import { messageOf } from "./act";
import "./panels.css";

export function LoginScreen() {
  const setLogin = useView((view) => view.setLogin);
  const [token, setToken] = useState("");
  const [failure, setFailure] = useState<string>();
  const [asking, setAsking] = useState(false);

  const login = async () => {
    setAsking(true);
    setFailure(undefined);
    try {
      await api.login(token.trim());
      setLogin(false);
    } catch (error) {
      const wrong = error instanceof ApiFailure && error.status === 401;
      setFailure(wrong ? "This is not the token of this server." : messageOf(error));
    } finally {
      setAsking(false);
    }
  };

  return (
    <main className="login">
      <form
        className="login-card"
        onSubmit={(event) => {
          event.preventDefault();
          void login();
        }}
      >
        <KeyRound size={28} aria-hidden />
        <h1>Wirebrush</h1>
        <p className="muted">
          This server is reachable from other machines, so it wants its token. It was printed where the server was
          started.
        </p>
        <label className="field">
          Token
          <input
            className="text-input"
            type="password"
            autoComplete="current-password"
            autoFocus
            value={token}
            aria-invalid={failure !== undefined}
            aria-describedby="login-failure"
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <p id="login-failure" className="run-error" role="alert" hidden={failure === undefined}>
          {failure}
        </p>
        <Button type="submit" tone="primary" disabled={token.trim() === "" || asking}>
          {asking ? "Asking…" : "Log in"}
        </Button>
      </form>
    </main>
  );
}
