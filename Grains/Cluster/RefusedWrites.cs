using OrleansTasks.Storage;

namespace OrleansTasks.Cluster;

/// <summary>
/// What this silo's grains have set aside because the store refused it for its data, for the attention list and the
/// health of the service. Each entry stays for a day after its latest refusal. In memory; thread-safe.
/// </summary>
public sealed class RefusedWrites(TimeProvider time)
{
    /// <summary>The maximum number of entries. A refusal is a defect, so few are enough to find it.</summary>
    public const int Most = 100;

    private const int LongestDetail = 500;
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Kind, string Target), (RefusedWrite Entry, long At)> entries = [];

    /// <summary>All entries, oldest first.</summary>
    public ImmutableArray<RefusedWrite> Current
    {
        get
        {
            lock (gate)
            {
                foreach (var old in entries.Where(one => time.GetElapsedTime(one.Value.At) > KeptFor).ToArray())
                    entries.Remove(old.Key);
                return [.. entries.Values.Select(static one => one.Entry).OrderBy(static one => one.Since)];
            }
        }
    }

    /// <summary>
    /// Notes that something was set aside. One of many targets is left out once there are <see cref="Most"/>.
    /// </summary>
    public void Note(string kind, string target, string detail)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (gate)
        {
            var known = entries.GetValueOrDefault((kind, target)).Entry;
            if (known is null && entries.Count >= Most)
                return;
            entries[(kind, target)] = (
                new RefusedWrite(kind, target, StorableText.Of(detail, LongestDetail), known?.Since ?? now, (known?.Count ?? 0) + 1),
                time.GetTimestamp());
        }
    }

    /// <summary>Removes an entry, because the store took what it had refused.</summary>
    public void Settle(string kind, string target)
    {
        lock (gate)
            entries.Remove((kind, target));
    }

    /// <summary>
    /// Writes rows that may be written apart. If the store refuses them together, writes each half by itself, and so on
    /// down to single rows: those that it refuses alone go to <paramref name="setAside"/>, and all others are written.
    /// Other exceptions of <paramref name="write"/> pass through; what was written before stays written.
    /// </summary>
    public static async Task Separate<T>(
        IReadOnlyList<T> rows, Func<IReadOnlyList<T>, Task> write, Func<T, StoreRefusedException, Task> setAside)
    {
        try
        {
            await write(rows);
            return;
        }
        catch (StoreRefusedException refusal) when (rows.Count == 1)
        {
            await setAside(rows[0], refusal);
            return;
        }
        catch (StoreRefusedException) when (rows.Count > 1)
        {
            // Goes on with the halves, outside of the handler.
        }

        await Separate([.. rows.Take(rows.Count / 2)], write, setAside);
        await Separate([.. rows.Skip(rows.Count / 2)], write, setAside);
    }
}
