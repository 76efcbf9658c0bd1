using System.Text.Json;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the body of a PUT of a queue with everything that is wrong with it.</summary>
public static class QueueChangeReader
{
    private static readonly string[] Names = ["strategy"];

    /// <summary>Reads a change; null when <paramref name="errors"/> has got any.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="errors">Gets what is wrong.</param>
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
        Placement? placement = null;
        var seen = default(SeenFields);
        if (!reader.IsObject(StrictReader.Root))
            return new QueueChange(null);
        while (reader.NextField(Names, ref seen, "", out _))
            placement = ReadStrategy(ref reader);
        return new QueueChange(placement);
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
