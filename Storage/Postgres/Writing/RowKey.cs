namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>The integer keys of tasks and jobs: a partition's number × 2^40 + a number that rises in it.</summary>
internal static class RowKey
{
    private const int NumberBits = 40;

    internal static long Of(int partition, long number) => ((long)partition << NumberBits) | number;

    internal static long Number(long key) => key & ((1L << NumberBits) - 1);
}
