using System.CommandLine;
using System.CommandLine.Completions;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Profiles;

namespace OrleansTasks.Cli.Completion;

/// <summary>Adds shell completions for the ids and names of what the gateway has now.</summary>
internal static class LiveNames
{
    // Users do not wait longer than this for a completion.
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(300);

    // There may be many definitions: read only those with the typed prefix. Paths without a limit give whole lists.
    private const string Definitions = "/api/v1/definitions?limit=200";

    private static readonly (string Command, string Path)[] Resources =
    [
        ("queue", "/api/v1/queues"), ("node", "/api/v1/nodes"), ("schedule", "/api/v1/schedules?limit=1000"),
        ("calendar", "/api/v1/calendars"), ("webhook", "/api/v1/webhooks"), ("trigger", "/api/v1/triggers"),
        ("notification", "/api/v1/notifications"), ("job", "/api/v1/jobs?limit=50"),
        ("workflow", "/api/v1/workflows?limit=50"), ("rollout", "/api/v1/rollouts?limit=50"),
        ("definition", Definitions), ("key", "/api/v1/keys"),
    ];

    private const string Tasks = "/api/v1/tasks?limit=50&view=row";

    /// <summary>Adds completions to all options and arguments that name something at the gateway.</summary>
    public static void AddTo(RootCommand root, CommonOptions common)
    {
        foreach (var command in root.Subcommands)
        {
            var path = Resources.FirstOrDefault(resource => resource.Command == command.Name).Path;
            if (command.Name == "config")
                Profiles(command);
            else
                Visit(command, path ?? Tasks, common);
        }
    }

    private static void Visit(Command command, string path, CommonOptions common)
    {
        foreach (var option in command.Options)
        {
            if (option.Name is "--queue" or "--node")
                option.CompletionSources.Add(context => Names(context, $"/api/v1/{option.Name[2..]}s", common));
        }

        foreach (var argument in command.Arguments.Where(static argument => argument.Name is "id" or "name"))
        {
            // Set HelpName; otherwise help would ask the gateway for completions and show them.
            argument.HelpName = argument.Name.ToUpperInvariant();
            argument.CompletionSources.Add(context => Names(context, path, common));
        }

        foreach (var child in command.Subcommands)
            Visit(child, path, common);
    }

    private static void Profiles(Command config)
    {
        foreach (var argument in config.Subcommands.SelectMany(static child => child.Arguments))
        {
            argument.HelpName = argument.Name.ToUpperInvariant();
            argument.CompletionSources.Add(static _ => ProfileFile.Read().Profiles.Keys.Where(IsPlain).Select(static name => new CompletionItem(name)));
        }
    }

    // Suggestions are one name per line, shown as they are. Leave out names with line breaks or terminal control
    // characters.
    private static bool IsPlain(string name) => TerminalText.Line(name) == name;

    private static IEnumerable<CompletionItem> Names(CompletionContext context, string path, CommonOptions common)
    {
        if (path == Definitions && context.WordToComplete.Length > 0)
            path += $"&prefix={Uri.EscapeDataString(context.WordToComplete)}";
        try
        {
            using var gateway = common.Open(context.ParseResult);
            using var limit = new CancellationTokenSource(Bound, TimeProvider.System);
            // A completion source is synchronous, and nothing else runs while it waits.
            var list = Task.Run(() => gateway.Get(path, limit.Token), limit.Token).GetAwaiter().GetResult();
            return [.. list.Items().Select(static item => item["id"] is null ? item.Field("name") : item.Field("id"))
                .Where(name => name.StartsWith(context.WordToComplete, StringComparison.Ordinal) && IsPlain(name))
                .Select(static name => new CompletionItem(name))];
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException
            or RefusedException or UsageException)
        {
            // A shell cannot show messages during completion.
            return [];
        }
    }
}
