using OrleansTasks.Storage.Encodings;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Gives one instance for equal bytes, as <see cref="InternTable{T}"/> does, to several readers at once.</summary>
/// <param name="read">Makes the instance from the bytes.</param>
internal sealed class SharedTable<T>(Func<ReadOnlySpan<byte>, T> read)
{
    private readonly Lock gate = new();
    private readonly InternTable<T> table = new(read);

    /// <summary>The instance of those bytes.</summary>
    internal T Get(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
            return table.Get(bytes);
    }
}
