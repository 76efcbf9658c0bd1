using System.Text.Json;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// The plain computation over items in one process, one after the other, which jobs are compared with. Nothing of the product is in it.
/// </summary>
internal sealed class PlainFold(JobDraft job)
{
    private readonly PlainAggregate[] aggregates = [.. job.Aggregates.Select(static aggregate => aggregate.New())];

    /// <summary>How many items the aggregates cover.</summary>
    public long Items { get; private set; }

    /// <summary>How many items were passed over.</summary>
    public long Skipped { get; private set; }

    /// <summary>The results of an item; null when it is in error.</summary>
    public static List<PlainValue>? ResultsOf(JobDraft job, PlainValue item)
    {
        if (Process(job, item) is not { } results)
            return null;
        foreach (var aggregate in job.Aggregates)
        {
            foreach (var result in results)
            {
                if (!aggregate.Takes(result))
                    return null;
            }
        }

        return results;
    }

    /// <summary>Takes the items of a chunk that ended well.</summary>
    public void Add(IEnumerable<PlainValue> items)
    {
        foreach (var item in items)
        {
            if (ResultsOf(job, item) is not { } results)
            {
                Skipped++;
                continue;
            }

            Items++;
            foreach (var aggregate in aggregates)
            {
                foreach (var result in results)
                    aggregate.Take(result);
            }
        }
    }

    /// <summary>What is different in an outcome; null when it is equal.</summary>
    public string? Difference(ReadOnlyMemory<byte> outcome)
    {
        using var json = JsonDocument.Parse(outcome);
        foreach (var aggregate in aggregates)
        {
            var found = json.RootElement.GetProperty(aggregate.Name);
            if (!aggregate.Equals(found))
                return $"{aggregate.Describe()}; found {found.GetRawText()}";
        }

        return null;
    }

    private static List<PlainValue>? Process(JobDraft job, PlainValue item) => job.Processor switch
    {
        "identity" => [item],
        "square" => item.Number is { } number ? [PlainValue.Of(number * number)] : null,
        "length" => item.Text is { } text ? [PlainValue.Of(text.Length)] : null,
        "words" => item.Text?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(PlainValue.OfText).ToList(),
        _ => item.Object is not null && item.Select(job.Select) is { } found ? [found] : null,
    };
}
