using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OrleansTasks.Cli.Help;

/// <summary>
/// <c>--help</c>: shows the commands in groups on the program's page, and examples at the end of a command's page.
/// </summary>
internal sealed class HelpPages : SynchronousCommandLineAction
{
    private static readonly (string Title, string[] Commands)[] Groups =
    [
        ("Tasks",
        [
            "run", "map", "submit", "list", "get", "spec", "wait", "watch", "logs", "result", "why", "cancel", "retry", "undo",
            "failures", "files",
        ]),
        ("Jobs, workflows, schedules", ["job", "workflow", "schedule", "calendar", "definition"]),
        ("Queues and workers", ["queue", "node", "rollout", "top", "attention", "cluster", "doctor"]),
        ("Events and changes", ["event", "webhook", "trigger", "notification", "audit"]),
        ("Setup", ["apply", "diff", "import", "config", "key", "db", "mcp", "completion"]),
        ("Reference", ["demo", "explain", "api", "open"]),
    ];

    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        ["run"] = ["otask run echo hello", "otask run 'sort /data/in | uniq -c'", "otask run --file report.py --queue nightly"],
        ["map"] =
        [
            "ls *.png | otask map --cwd \"$PWD\" -j 8 'convert {} {.}.jpg'", "otask map -k 'echo {1} {2}' ::: a b ::: 1 2",
            "otask map --joblog map.log --resume < commands.txt",
        ],
        ["submit"] =
        [
            "otask submit 'gzip -k /data/log' --max-attempts 3", "otask submit --run-at 6h -- /usr/bin/rsync -a /src /dst",
            "otask submit --dry-run --require gpu=a100 ./train",
        ],
        ["list"] =
        [
            "otask list --state failed --created-after 6h", "otask list -o csv -n 0 > tasks.csv",
            "otask list --state failed -o name | xargs otask retry",
        ],
        ["spec"] =
        [
            "otask spec ID | otask submit --spec - --timeout 2h", "otask spec ID | otask submit --spec - 'make -j2'",
        ],
        ["logs"] = ["otask logs -f 019a2b3c-4d5e", "otask logs ID --grep error --ignore-case"],
        ["wait"] = ["otask wait --timeout 10m $(otask list --state running -o name)"],
        ["cancel"] = ["otask cancel ID", "otask cancel --queue crawl --state queued --dry-run"],
        ["retry"] = ["otask retry --fingerprint 9c1e27a6b1d2f3e4 --yes", "otask undo OPERATION"],
        ["queue"] = ["otask queue set crawl --rate 10 --max-running 4", "otask queue pause crawl --reason 'site is down'"],
        ["calendar"] =
        [
            "otask calendar set weekends --rule 'FREQ=WEEKLY;BYDAY=SA,SU' --zone Europe/Berlin", "otask calendar set holidays --ics holidays.ics",
        ],
        ["node"] = ["otask node list", "otask node drain w1", "otask node token --label zone=a"],
        ["job"] = ["otask job run --range 0:1000000 --builtin square --aggregate total=sum", "otask job stats ID"],
        ["schedule"] = ["otask schedule set nightly --cron '0 2 * * *' --zone Europe/Berlin -- /usr/local/bin/backup", "otask schedule occurrences nightly"],
        ["workflow"] = ["otask workflow submit build.json --wait", "otask workflow nodes ID --state failed"],
        ["rollout"] =
        [
            "otask rollout start --select role=web --waves 1,10%,100% --pause 5m -- systemctl restart nginx",
            "otask rollout nodes ID --state failed", "otask rollout retry ID",
        ],
        ["trigger"] =
        [
            "otask trigger set deploy --definition deploy --signature github --pointer ref=/ref --equals /ref=refs/heads/main",
            "otask trigger test deploy --file push.json --delivery-header X-GitHub-Event=push",
        ],
        ["notification"] =
        [
            "otask notification set ops --on failed,recovered --mail ops@example.org --match-definition 'etl/*' --digest 5m", "otask notification test ops",
        ],
        ["apply"] = ["otask apply -f queues.json --dry-run", "otask apply -f queues.json -f schedules.json"],
        ["key"] = ["otask key create --data ./data --scope read,submit --name ci"],
        ["mcp"] = ["otask --profile prod mcp", "claude mcp add otask -- otask --profile prod mcp"],
        ["config"] = ["otask config set prod --url https://tasks.example.org --key-command 'pass show otask'"],
    };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        if (command is RootCommand root)
            Overview(root, parseResult.InvocationConfiguration.Output);
        else
            Page(command, parseResult);
        if (Examples.TryGetValue(command.Name, out var lines) && command.Parents.OfType<RootCommand>().Any())
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in lines)
                output.WriteLine($"  {line}");
            output.WriteLine();
        }

        return ExitCodes.Done;
    }

    // A command's own option hides the one for every command with the same name.
    private static void Page(Command command, ParseResult parseResult)
    {
        var own = command.Options.SelectMany(static option => option.Aliases.Append(option.Name)).ToHashSet();
        foreach (var option in parseResult.RootCommandResult.Command.Options.Where(option => own.Contains(option.Name)))
            option.Hidden = true;
        new HelpAction().Invoke(parseResult);
    }

    private static void Overview(RootCommand root, TextWriter output)
    {
        output.WriteLine("otask submits tasks to an OrleansTasks gateway and manages them.\n\nUsage: otask COMMAND [OPTION...]");
        var commands = root.Subcommands.Where(static command => !command.Hidden).ToDictionary(static command => command.Name);
        var named = Groups.SelectMany(static group => group.Commands).ToHashSet();
        foreach (var (title, names) in Groups.Append(("Other", [.. commands.Keys.Where(name => !named.Contains(name))])))
        {
            if (names.Length == 0)
                continue;
            output.WriteLine($"\n{title}:");
            foreach (var name in names)
                output.WriteLine($"  {name,-12}{commands[name].Description}");
        }

        output.WriteLine("\nOptions for every command:");
        foreach (var option in root.Options.Where(static option => !option.Hidden))
        {
            var names = string.Join(", ", option.Aliases.Append(option.Name).Order(StringComparer.Ordinal).Reverse());
            output.WriteLine($"  {(option.HelpName is { } value ? $"{names} {value}" : names),-22}{option.Description}");
        }

        output.WriteLine("\nAn ID may be shortened to a unique beginning. 'otask COMMAND --help' describes a command.");
    }
}
