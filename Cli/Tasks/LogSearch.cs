using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// The part of <c>otask logs</c> that finds lines in a task's output. The gateway searches and sends only the matches.
/// </summary>
/// <param name="common">The options of all commands.</param>
/// <param name="output">Receives the matches.</param>
internal sealed class LogSearch(CommonOptions common, TextWriter output)
{
    private readonly Option<string?> grep =
        SpecFields.Text("--grep", "TEXT", "print only lines that contain this text, as stream:line:text");

    private readonly Option<bool> regex = new("--regex")
    {
        Arity = ArgumentArity.Zero,
        Description = "with --grep: TEXT is a regular expression, without look-arounds and back-references",
    };

    private readonly Option<bool> ignoreCase = new("--ignore-case", "-i")
    {
        Arity = ArgumentArity.Zero, Description = "with --grep: ignore letter case",
    };

    private readonly Option<string?> stream =
        SpecFields.Text("--stream", "NAME", "only stdout or only stderr");

    private readonly FilterOptions filters = new();

    private readonly Option<long?> attempt =
        NumberOption.Whole("--attempt", "the attempt whose output to show [default: the latest]");

    /// <summary>Adds the options to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[grep, regex, ignoreCase, stream, attempt])
            command.Add(option);
        filters.AddTo(command, hasSearch: false);
    }

    /// <summary>Returns whether the command line selects tasks by filters.</summary>
    public bool HasFilters(ParseResult result) => filters.Fill(new RequestAddress(""), result).Any;

    /// <summary>
    /// Returns whether the command line asks for a search. Throws <see cref="UsageException"/> if it has search options
    /// without <c>--grep</c>.
    /// </summary>
    public bool IsAsked(ParseResult result)
    {
        if (result.GetValue(grep) is not null)
            return true;
        return result.GetValue(regex) || result.GetValue(ignoreCase)
            ? throw new UsageException("--regex and --ignore-case need --grep.")
            : false;
    }

    /// <summary>Returns the requested attempt; null for the latest.</summary>
    public long? AttemptOf(ParseResult result) => result.GetValue(attempt);

    /// <summary>Returns the requested stream; null for both. Throws <see cref="UsageException"/>.</summary>
    public string? StreamOf(ParseResult result) => result.GetValue(stream) switch
    {
        null or "stdout" or "stderr" => result.GetValue(stream),
        var other => throw UsageException.OfValue("--stream", other, "stdout or stderr"),
    };

    /// <summary>
    /// Prints the matches in the output of all tasks that the filters match, newest task first, as task:stream:line:text.
    /// Warns if the gateway has not searched everything.
    /// </summary>
    public async Task RunMany(Gateway gateway, ParseResult result, TextWriter errors, CancellationToken cancellation)
    {
        if (result.GetValue(stream) is not null || result.GetValue(attempt) is not null)
            throw new UsageException("--stream and --attempt apply to one task: add its id, or remove them.");
        var query = Fill(filters.Fill(new RequestAddress("/api/v1/logs/search"), result), result);
        var answer = await gateway.Get(query.ToString(), cancellation);
        JsonNode[] matches = [.. answer.Items()];
        if (common.IsJson(result))
            output.WriteLine(JsonText.Of(answer.List("items")));
        else
        {
            foreach (var match in matches)
            {
                output.WriteLine(
                    $"{match.Field("task")}:{match.Field("stream")}:{match.Field("line")}:{TerminalText.Line(match.Field("text"))}");
            }
        }

        if (answer.Required("complete").GetValueKind() != JsonValueKind.True)
            errors.WriteLine("otask: not everything was searched; use filters such as --created-before to search the rest.");
    }

    private RequestAddress Fill(RequestAddress query, ParseResult result) => query
        .Add("q", result.GetValue(grep)).Add("regex", result.GetValue(regex) ? "true" : null)
        .Add("ignoreCase", result.GetValue(ignoreCase) ? "true" : null).Add("limit", "1000");

    /// <summary>Prints all matches as they are found.</summary>
    public async Task Run(Gateway gateway, string task, ParseResult result, CancellationToken cancellation)
    {
        var isJson = common.IsJson(result);
        var all = new JsonArray();
        var number = result.GetValue(attempt);
        string? from = null;
        do
        {
            var address = new RequestAddress(number is null ? $"{task}/output/search" : $"{task}/attempts/{number}/output/search");
            var query = Fill(address, result).Add("stream", result.GetValue(stream)).Add("from", from);
            var answer = await gateway.Get(query.ToString(), cancellation);
            foreach (var match in answer.Objects("matches"))
            {
                if (isJson)
                    all.Add(match.DeepClone());
                else
                {
                    output.WriteLine(
                        $"{match.Field("stream")}:{match.Field("line")}:{TerminalText.Line(match.Field("text"))}");
                }
            }

            // Stay with the attempt of the first answer, even if the task is retried in the meantime.
            number ??= answer.Whole("attempt") is > 0 and var shown ? shown : null;
            from = answer.Field("next") is { Length: > 0 } next ? next : null;
        }
        while (from is not null);
        if (isJson)
            output.WriteLine(JsonText.Of(all));
    }
}
