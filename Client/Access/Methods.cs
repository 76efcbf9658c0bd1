namespace OrleansTasks.Client.Access;

/// <summary>Sorts HTTP methods.</summary>
internal static class Methods
{
    /// <summary>Whether a method changes nothing.</summary>
    public static bool IsRead(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
