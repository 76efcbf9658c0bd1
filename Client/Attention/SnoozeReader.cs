using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Attention;

/// <summary>A request to hide an item.</summary>
/// <param name="Code">The item's code.</param>
/// <param name="Target">The item's target.</param>
/// <param name="For">How long to hide it.</param>
internal sealed record Snooze(string Code, string Target, TimeSpan For);

/// <summary>Reads the body of a snooze and collects all errors in it.</summary>
internal static class SnoozeReader
{
    /// <summary>The codes of all items.</summary>
    public static readonly ImmutableArray<string> Codes =
    [
        "failures-up", "queue-stuck", "queue-paused", "no-node-fits", "node-lost", "job-stalled", "schedule-missed",
        "rollout-halted", "webhook-failing", "webhook-gone", "store-low-space", "quarantined", "submissions-refused",
        "submissions-waiting", "silo-refuses", "clock-stepped", "write-refused",
    ];

    private const int LongestTarget = 256;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private static readonly string[] Names = ["code", "target", "for"];

    /// <summary>Reads a snooze; returns null if it added errors to <paramref name="errors"/>.</summary>
    public static Snooze? Read(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var snooze = Read(ref reader);
            reader.Finish();
            return errors.IsEmpty ? snooze : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static Snooze? Read(ref StrictReader reader)
    {
        var (code, target, length) = ((string?)null, (string?)null, (TimeSpan?)null);
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return null;
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            switch (Names[field])
            {
                case "code":
                    code = reader.String("code");
                    if (code is not null && !Codes.Contains(code))
                        reader.Errors.Add("code", $"must be one of {string.Join(", ", Codes)}");
                    break;
                case "target":
                    target = reader.String("target");
                    if (target is { Length: 0 or > LongestTarget })
                        reader.Errors.Add("target", $"must have 1 to {LongestTarget} characters");
                    break;
                default:
                    length = reader.Duration("for", Shortest, Longest);
                    break;
            }
        }

        for (var field = 0; field < Names.Length; field++)
        {
            if (!seen.Has(field))
                reader.Errors.Add(Names[field], "is missing");
        }

        return code is not null && target is not null && length is { } given ? new Snooze(code, target, given) : null;
    }
}
