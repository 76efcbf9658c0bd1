using System.Globalization;

namespace OrleansTasks.Queues;

/// <summary>Names one partition of a queue; its text form <c>queue/number</c> is the dispatcher grain's key.</summary>
/// <param name="Queue">The queue's name: <c>[a-z0-9][a-z0-9._-]{0,63}</c>.</param>
/// <param name="Number">0–63.</param>
[GenerateSerializer, Immutable, Alias("ot.PartitionKey")]
public readonly record struct PartitionKey([property: Id(0)] string Queue, [property: Id(1)] int Number)
{
    /// <summary>The queue that always exists.</summary>
    public const string DefaultQueue = "default";

    /// <summary>The highest number of a partition.</summary>
    public const int LastNumber = 63;

    /// <summary>The text form.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Queue}/{Number}");

    /// <summary>Reads the text form; throws <see cref="FormatException"/> on anything else.</summary>
    public static PartitionKey Parse(string text)
    {
        var slash = text.LastIndexOf('/');
        if (slash <= 0 || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"'{text}' is no partition key: it must read queue/number.");
        return new PartitionKey(text[..slash], number);
    }
}
