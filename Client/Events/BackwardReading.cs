namespace OrleansTasks.Client.Events;

/// <summary>Reads a log, which can only be read forwards, from its end towards its beginning, page by page.</summary>
internal static class BackwardReading
{
    /// <summary>How many records a page has at most.</summary>
    public const int PageSize = 256;

    /// <summary>
    /// Returns records, the newest first. Ends after a page of which all records are older than what is wanted: a clock
    /// that was set may have put a few out of order. Notes in <paramref name="scan"/> when records may be missing.
    /// </summary>
    /// <param name="gone">The number of the last record that was removed for its age; 0 when none was.</param>
    /// <param name="last">The number of the newest record. Numbers rise; some may be missing.</param>
    /// <param name="read">Reads records after a number, in order, at most as many as its second argument says.</param>
    /// <param name="place">Tells a record's number and time.</param>
    /// <param name="from">The earliest time that is wanted, in Unix milliseconds.</param>
    /// <param name="scan">What may still be read.</param>
    public static async IAsyncEnumerable<T> Read<T>(
        long gone, long last, Func<long, int, Task<ImmutableArray<T>>> read, Func<T, (long Number, long At)> place,
        long from, HistoryScan scan)
    {
        while (last > gone)
        {
            if (!scan.MayRead())
                yield break;
            var after = Math.Max(gone, last - PageSize);
            var page = (await read(after, PageSize)).RemoveAll(record => place(record).Number > last);
            foreach (var record in page.Reverse())
                yield return record;
            if (page.Length > 0 && page.All(record => place(record).At < from))
                yield break;
            last = after;
        }

        if (gone > 0)
            scan.Miss();
    }
}
