using System.Text.Json;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the body of a <c>PUT</c> request for a queue and reports all of its faults.</summary>
public static class QueueChangeReader
{
    private static readonly string[] Names =
        ["strategy", "paused", "maxRunning", "maxDepth", "ratePerSecond", "burst", "weight", "version"];

    /// <summary>Reads a change. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static QueueChange? Read(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var change = Read(ref reader);
            reader.Finish();
            return errors.IsEmpty ? change : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    private static QueueChange Read(ref StrictReader reader)
    {
        var change = new QueueChange((Placement?)null);
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return change;
        while (reader.NextField(Names, ref seen, "", out var field))
            change = Read(ref reader, Names[field], change);
        return change;
    }

    private static QueueChange Read(ref StrictReader reader, string name, QueueChange change)
    {
        // Null sets the default. Where the field is a number, the change says this as 0.
        var isNull = reader.Token == JsonTokenType.Null;
        switch (name)
        {
            case "strategy":
                return change with { Placement = isNull ? Placement.LeastLoaded : ReadStrategy(ref reader) };
            case "paused":
                return change with { Paused = !isNull && (reader.Boolean(name) ?? false) };
            case "maxRunning":
                return change with { MaxRunning = isNull ? 0 : (int?)reader.Integer(name, 1, QueueSettings.LargestMaxRunning) };
            case "maxDepth":
                return change with { MaxDepth = isNull ? 0 : (int?)reader.Integer(name, 1, QueueSettings.LargestMaxDepth) };
            case "ratePerSecond":
                return change with
                {
                    RatePerSecond = isNull ? 0 : reader.Number(name, QueueSettings.SmallestRate, QueueSettings.LargestRate),
                };
            case "burst":
                return change with { Burst = isNull ? 0 : (int?)reader.Integer(name, 1, QueueSettings.LargestBurst) };
            case "weight":
                return change with
                {
                    Weight = isNull ? QueueSettings.DefaultWeight : (int?)reader.Integer(name, 1, QueueSettings.LargestWeight),
                };
            default:
                return change with { Version = isNull ? null : reader.Integer(name, 1, long.MaxValue) };
        }
    }

    private static Placement? ReadStrategy(ref StrictReader reader)
    {
        if (reader.String("strategy") is not { } name)
            return null;
        for (var i = 0; i < Placements.All.Count; i++)
        {
            if (Placements.All[i] == name)
                return (Placement)i;
        }

        reader.Errors.Add("strategy",
            $"is '{StrictReader.Quote(name)}'; allowed are {string.Join(" and ", Placements.All)}");
        return null;
    }
}
