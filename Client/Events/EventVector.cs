using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Events;

/// <summary>
/// How far a reader of the events has got: the last commit seen of every partition, and the last change of a node's state.
/// Its text is opaque to readers; it comes back as <c>Last-Event-ID</c>.
/// </summary>
internal sealed class EventVector
{
    private const int LongestText = 256 * 1024;
    private readonly SortedDictionary<PartitionKey, long> seen = new(Comparer<PartitionKey>.Create(Compare));
    private string? text;

    /// <summary>The last change seen of a node's state; 0 before the first.</summary>
    public long Nodes
    {
        get;
        set
        {
            field = value;
            text = null;
        }
    }

    /// <summary>The partitions that have been seen.</summary>
    public IEnumerable<PartitionKey> Partitions => seen.Keys;

    /// <summary>The last commit seen of a partition; 0 before the first.</summary>
    public long this[PartitionKey partition]
    {
        get => seen.GetValueOrDefault(partition);
        set
        {
            seen[partition] = value;
            text = null;
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        seen.Clear();
        Nodes = 0;
    }

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        if (text is not null)
            return text;
        var plain = new StringBuilder();
        plain.Append(CultureInfo.InvariantCulture, $"{Nodes:x8}");
        foreach (var (partition, sequence) in seen)
            plain.Append(CultureInfo.InvariantCulture, $";{partition.Queue}/{partition.Number}={sequence}");
        return text = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(plain.ToString()));
    }

    /// <summary>Reads <c>Last-Event-ID</c>; null without one. Throws 400 <c>bad-cursor</c>.</summary>
    public static EventVector? Read(HttpRequest request)
    {
        var given = request.Headers["Last-Event-ID"].ToString();
        if (given.Length == 0)
            return null;
        return TryParse(given, out var vector) ? vector
            : throw new ProblemException(Problems.BadCursor("Last-Event-ID"));
    }

    private static bool TryParse(string given, out EventVector vector)
    {
        vector = new EventVector();
        if (given.Length > LongestText || !Base64Url.IsValid(given))
            return false;
        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(given)).Split(';');
        if (parts[0].Length is < 8 or > 15
            || !long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var nodes))
            return false;
        vector.Nodes = nodes;
        foreach (var part in parts.AsSpan(1))
        {
            var (slash, equals) = (part.IndexOf('/'), part.IndexOf('='));
            if (slash <= 0 || equals < slash
                || !int.TryParse(part.AsSpan(slash + 1, equals - slash - 1), NumberStyles.None,
                    CultureInfo.InvariantCulture, out var number)
                || !long.TryParse(part.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                    out var sequence))
                return false;
            vector[new PartitionKey(part[..slash], number)] = sequence;
        }

        return true;
    }

    private static int Compare(PartitionKey left, PartitionKey right) =>
        string.CompareOrdinal(left.Queue, right.Queue) is var order && order != 0 ? order
            : left.Number.CompareTo(right.Number);
}
