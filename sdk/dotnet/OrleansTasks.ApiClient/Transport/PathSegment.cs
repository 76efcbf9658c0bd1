namespace OrleansTasks.ApiClient.Transport;

/// <summary>Writes ids into paths.</summary>
internal static class PathSegment
{
    /// <summary>
    /// Returns an id as a segment of a path. Throws for a text that would make it the path of another call: an address
    /// with the segment <c>.</c>, <c>..</c> or none is that of a list.
    /// </summary>
    public static string Of(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id is "." or ".." ? throw new ArgumentException($"'{id}' is not an id.", nameof(id)) : Uri.EscapeDataString(id);
    }
}
