namespace OrleansTasks.Client.Events;

/// <summary>Reads a log that supports only forward reads from its end to its beginning, page by page.</summary>
internal static class BackwardReading
{
    /// <summary>Maximum number of records in a page.</summary>
    public const int PageSize = 256;

    /// <summary>
    /// Returns records, newest first. Stops after a page on which all records are older than <paramref name="from"/>: a
    /// single older record may just be out of order after a clock change. Marks <paramref name="scan"/> as incomplete
    /// if records may be missing.
    /// </summary>
    /// <param name="gone">The number of the last record that was removed for its age; 0 if none was.</param>
    /// <param name="last">The number of the newest record. Numbers rise, with possible gaps.</param>
    /// <param name="read">
    /// Reads records after a number, in order; its second argument is the maximum number of records.
    /// </param>
    /// <param name="place">Returns a record's number and time.</param>
    /// <param name="from">The earliest time to return, in Unix milliseconds.</param>
    /// <param name="scan">The budget for reading.</param>
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
