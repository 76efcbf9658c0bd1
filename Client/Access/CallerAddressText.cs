namespace OrleansTasks.Client.Access;

/// <summary>Formats the address of a caller.</summary>
internal static class CallerAddressText
{
    /// <summary>Returns the caller's IP address as a string; null if there is none.</summary>
    public static string? CallerAddress(this HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
    }
}
