using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Attention;

/// <summary>The body of the call that hides an item.</summary>
[Schema("Snooze"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("A request to hide an item that needs attention.")]
internal sealed record Snooze(
    [property: Description("The item's code."), RefersTo("AttentionCode"), JsonRequired]
    string Code,
    [property: Description("The item's target."), MinLength(1), MaxLength(Snooze.LongestTarget), JsonRequired]
    string Target,
    [property: Description("A duration from 1s to 7d."), RefersTo("Duration"), JsonRequired]
    [property: JsonConverter(typeof(DurationTextConverter))]
    TimeSpan For)
{
    /// <summary>The longest target, in characters.</summary>
    public const int LongestTarget = 256;

    /// <summary>The example of the contract.</summary>
    public static Snooze Example => new("node-lost", "w3", TimeSpan.FromHours(1));
}

/// <summary>Reads the body of a snooze and collects all errors in it.</summary>
internal static class SnoozeReader
{
    /// <summary>The codes of all items.</summary>
    public static readonly ImmutableArray<string> Codes =
    [
        "failures-up", "queue-stuck", "queue-paused", "no-node-fits", "node-lost", "job-stalled", "schedule-missed", "schedule-late",
        "schedule-folder",
        "rollout-halted", "webhook-failing", "webhook-gone", "store-low-space", "files-full", "quarantined",
        "submissions-refused", "submissions-waiting", "silo-refuses", "clock-stepped", "write-refused",
        "files-unreachable",
    ];

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private static readonly string[] Names = FieldNames.Of<Snooze>();

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
                    if (target is { Length: 0 or > Snooze.LongestTarget })
                        reader.Errors.Add("target", $"must have 1 to {Snooze.LongestTarget} characters");
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
