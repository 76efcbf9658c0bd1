using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Silo.Trust;

/// <summary>
/// Values that count for a while. Beyond a number of them, that which was added first is forgotten. Thread-safe.
/// </summary>
/// <param name="most">How many values there may be.</param>
/// <param name="time">The clock.</param>
internal sealed class Remembered<TKey, TValue>(int most, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, (TValue Value, long Since, TimeSpan Life)> values = [];
    private readonly Queue<TKey> order = new();

    /// <summary>Returns whether a value counts now, and the value.</summary>
    internal bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (gate)
        {
            var counts = values.TryGetValue(key, out var found) && time.GetElapsedTime(found.Since) < found.Life;
            value = counts ? found.Value : default;
            return counts;
        }
    }

    /// <summary>Adds or replaces a value.</summary>
    internal void Add(TKey key, TValue value, TimeSpan life)
    {
        lock (gate)
        {
            if (!values.ContainsKey(key))
                order.Enqueue(key);
            values[key] = (value, time.GetTimestamp(), life);
            if (order.Count > most)
                values.Remove(order.Dequeue());
        }
    }
}
