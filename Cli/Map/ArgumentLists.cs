namespace OrleansTasks.Cli.Map;

/// <summary>
/// Combines sources into the arguments of tasks: each argument of a source with each one of the other sources, the last
/// source varying fastest. Linked sources advance together and end with the shortest.
/// </summary>
internal static class ArgumentLists
{
    /// <summary>
    /// Returns the arguments of each task. Reads all sources but the first at once. Reads the first one as the caller
    /// enumerates, so it may be endless.
    /// </summary>
    /// <param name="sources">The sources, at least one.</param>
    /// <param name="columns">How a record becomes arguments.</param>
    /// <param name="areEndedByZero">Whether zero bytes end the records of files, instead of line ends.</param>
    public static IEnumerable<string[]> Combine(
        IReadOnlyList<ArgumentSource> sources, ColumnRule columns, bool areEndedByZero)
    {
        var others = sources.Skip(1).Select(source => Rows(source).ToList()).ToList();
        // GNU parallel gives an empty source one empty argument, unless all sources are empty: then it runs nothing.
        var isNotAlone = others.Exists(static rows => rows.Count > 0);
        foreach (var empty in others.Where(static rows => rows.Count == 0))
            empty.Add([""]);
        var groups = new List<List<IEnumerable<string[]>>> { ([First()]) };
        foreach (var (source, rows) in sources.Skip(1).Zip(others))
        {
            if (!source.IsLinked)
                groups.Add([]);
            groups[^1].Add(rows);
        }

        return groups.Select(Linked).Aggregate(static (all, next) =>
            all.SelectMany(_ => next, static (before, more) => (string[])[.. before, .. more]));

        IEnumerable<string[]> Rows(ArgumentSource source) => source.Read(areEndedByZero).Select(columns.Split);

        IEnumerable<string[]> First()
        {
            var isEmpty = true;
            foreach (var row in Rows(sources[0]))
            {
                isEmpty = false;
                yield return row;
            }

            if (isEmpty && isNotAlone)
                yield return [""];
        }
    }

    private static IEnumerable<string[]> Linked(IEnumerable<IEnumerable<string[]>> sources) =>
        sources.Aggregate(static (all, next) => all.Zip(next, static (before, more) => (string[])[.. before, .. more]));
}
