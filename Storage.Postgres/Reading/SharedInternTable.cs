using OrleansTasks.Storage.Encodings;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>A thread-safe <see cref="InternTable{T}"/>, which returns one shared instance for equal bytes.</summary>
/// <param name="read">Creates the instance from the bytes.</param>
internal sealed class SharedInternTable<T>(Func<ReadOnlySpan<byte>, T> read)
{
    private readonly Lock gate = new();
    private readonly InternTable<T> table = new(read);

    /// <summary>Returns the shared instance for the bytes.</summary>
    internal T Get(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
            return table.Get(bytes);
    }
}
