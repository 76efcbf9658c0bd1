namespace OrleansTasks.Cli.Api;

/// <summary>Writes ids and names that users type into paths, where a text can make the path that of another call.</summary>
internal static class PathSegment
{
    // What follows /tasks, /schedules and the like in place of an id.
    private static readonly string[] Words = ["batch", "cancel", "histogram", "load", "preview", "retry", "summary", "upcoming"];

    /// <summary>
    /// Returns a name as a segment of a path. Throws <see cref="UsageException"/> for a text that no name can be: with
    /// the segment <c>.</c>, <c>..</c> or none, the address is that of a list.
    /// </summary>
    public static string Of(string name) => name is "" or "." or ".."
        ? throw new UsageException($"'{name}' is not an id or a name.")
        : Uri.EscapeDataString(name);

    /// <summary>
    /// Returns an id as a segment of a path. Throws <see cref="UsageException"/> for a text that no id can be, such as
    /// a word that calls use in place of one.
    /// </summary>
    public static string OfId(string id) =>
        Words.Contains(id) ? throw new UsageException($"'{id}' is not an id.") : Of(id);
}
