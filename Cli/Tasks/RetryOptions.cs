using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// The options for retries by cause, such as <c>--retry-on timeout=5</c>. The gateway checks causes and numbers.
/// </summary>
internal sealed class RetryOptions
{
    private readonly Option<string[]> budgets = Many("--retry-on", "CAUSE=N",
        "maximum attempts that fail for this cause, instead of --max-attempts: exit, signal, timeout, out-of-memory, "
        + "cpu-time, spawn-failed, bad-result, artifact-missing, artifact-too-large, file-unavailable, image-unavailable or "
        + "node-lost");

    private readonly Option<string?> codes = Text("--retry-exit-codes", "LIST", "the exit codes that --retry-on "
        + "exit=N applies to, such as 75,100-110");
    private readonly Option<string?> fatal = Text("--fatal-exit-codes", "LIST", "exit codes after which the task is not retried");
    private readonly Option<double?> memoryFactor = NumberOption.Any("--memory-factor", "factor by which the memory "
        + "limit grows after the task ran out of memory");
    private readonly Option<long?> memoryMax = NumberOption.Whole("--memory-max-bytes", "maximum to which the memory limit grows");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[budgets, codes, fatal, memoryFactor, memoryMax])
            command.Add(option);
    }

    /// <summary>
    /// Adds the given options to the <c>retry</c> object of a spec. Throws <see cref="UsageException"/>.
    /// </summary>
    public void Fill(JsonObject retry, ParseResult result)
    {
        Set(retry, "fatalExitCodes", Codes(result.GetValue(fatal)));
        var on = new JsonObject();
        foreach (var budget in result.GetValue(budgets) ?? [])
        {
            var at = budget.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || !int.TryParse(budget.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var most))
                throw UsageException.OfValue("--retry-on", budget, "CAUSE=N, such as timeout=5");
            CauseOf(on, budget[..at])["maxAttempts"] = most;
        }

        if (Codes(result.GetValue(codes)) is { } some)
            CauseOf(on, "exit")["codes"] = some;
        if (result.GetValue(memoryFactor) is { } factor)
            CauseOf(on, "out-of-memory")["memoryFactor"] = factor;
        if (result.GetValue(memoryMax) is { } max)
            CauseOf(on, "out-of-memory")["memoryMax"] = max;
        if (on.Count > 0)
            retry["on"] = on;
    }

    private static JsonObject CauseOf(JsonObject on, string cause)
    {
        if (on[cause] is not JsonObject found)
            on[cause] = found = [];
        return found;
    }

    /// <summary>
    /// Returns the codes of a list. Anything but a number is kept as a string: a range, or something that the gateway
    /// will refuse.
    /// </summary>
    private static JsonArray? Codes(string? list) => list is null ? null :
    [
        .. list.Split(',', StringSplitOptions.TrimEntries).Select(static code =>
            int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (JsonNode)number : code),
    ];
}
