using Microsoft.AspNetCore.HttpOverrides;

namespace OrleansTasks.Client.Access;

/// <summary>Finds the address of a caller behind reverse proxies.</summary>
internal static class TrustedProxies
{
    /// <summary>
    /// Takes the caller's address from <c>X-Forwarded-For</c> if the request comes from a proxy in
    /// <see cref="AccessOptions.TrustedProxies"/>: the last address in the header that is not a trusted proxy's. From
    /// any other sender the header means nothing.
    /// </summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var trusted = app.Services.GetRequiredService<AccessOptions>().TrustedProxies;
        if (trusted.IsEmpty)
            return;
        // The host and the scheme that browsers see are those of --public-url.
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        // Loopback is known by default.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }
}
