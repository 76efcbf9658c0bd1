namespace OrleansTasks.Client.Access;

/// <summary>Warns once, at the start, if callers' keys could be read on the way to this gateway.</summary>
internal sealed partial class KeysInClearNotice(
    AccessOptions options, ILogger<KeysInClearNotice> logger) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.TakesKeysInClear) IsInClear(options.Listens.ToString());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 4507, Level = LogLevel.Warning,
        Message = "HTTP at {Address} is not encrypted: keys and tasks' secrets cross the network. Give --tls-cert and --tls-key, or put a "
        + "proxy with TLS in front (docs/proxy.md) and give its address as --public-url https://HOST.")]
    private partial void IsInClear(string address);
}
