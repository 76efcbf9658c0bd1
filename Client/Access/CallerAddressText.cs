namespace OrleansTasks.Client.Access;

/// <summary>Where a request comes from.</summary>
internal static class CallerAddressText
{
    /// <summary>The network address of the caller as text; null when there is none.</summary>
    public static string? CallerAddress(this HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
    }
}
