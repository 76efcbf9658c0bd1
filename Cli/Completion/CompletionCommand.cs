using System.CommandLine;

namespace OrleansTasks.Cli.Completion;

/// <summary><c>otask completion</c>: prints the script with which a shell completes otask's words.</summary>
internal static class CompletionCommand
{
    // The scripts get suggestions from otask itself, with System.CommandLine's suggest directive. Suggested names come
    // from other users, so no script may evaluate them: compgen -W would expand $(…) in its words. zsh and fish quote
    // what they insert; bash does not.
    private const string Bash = """
        # otask completion bash > ~/.local/share/bash-completion/completions/otask
        _otask() {
            local word typed="${COMP_WORDS[COMP_CWORD]}"
            local -a words_found
            mapfile -t words_found < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            COMPREPLY=()
            for word in "${words_found[@]}"; do
                if [[ "${word}" == "${typed}"* ]]; then
                    printf -v word %q "${word}"
                    COMPREPLY+=("${word}")
                fi
            done
        }
        complete -o default -F _otask otask
        """;

    private const string Zsh = """
        #compdef otask
        # otask completion zsh > "${fpath[1]}/_otask"
        _otask() {
            local -a words_found
            words_found=( "${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}" )
            compadd -a words_found
        }
        compdef _otask otask
        # When zsh has loaded this file for a completion, it calls nothing else.
        if [[ "${funcstack[1]}" == _otask ]]; then
            _otask
        fi
        """;

    private const string Fish = """
        # otask completion fish > ~/.config/fish/completions/otask.fish
        function __otask_complete
            set -l line (commandline -cp)
            otask "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c otask -f -a '(__otask_complete)'
        """;

    /// <summary>Creates the command.</summary>
    public static Command Make(TextWriter output)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command =
            new Command("completion", "print a script with which a shell completes commands, options, ids and names") { shell };
        command.SetAction(result => output.WriteLine(result.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            var other =>
                throw UsageException.OfValue("SHELL", other, "bash, zsh or fish"),
        }));
        return command;
    }
}
