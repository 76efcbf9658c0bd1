namespace OrleansTasks.Client.Access;

/// <summary>Classifies HTTP methods.</summary>
internal static class Methods
{
    /// <summary>Returns whether a method only reads.</summary>
    public static bool IsRead(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
