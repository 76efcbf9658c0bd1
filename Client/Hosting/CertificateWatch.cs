using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// Warns once a day from 30 days before the end of a certificate that this gateway was given as a file. Certificates
/// that the service issues itself are replaced in time and need no warning.
/// </summary>
internal sealed partial class CertificateWatch : BackgroundService
{
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);
    private readonly Meter meter = new("OrleansTasks.Client.Certificates");
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly DateTimeOffset? server;
    private readonly string? clusterFile;

    /// <summary>Reads the certificates.</summary>
    public CertificateWatch(GatewayOptions options, TimeProvider time, ILogger<CertificateWatch> logger)
    {
        (this.time, this.logger, clusterFile) = (time, logger, options.Target?.Certificate);
        // The gateway shows what it has read at its start. The other file is read again for each connection.
        server = EndOf(options.TlsCert);
        meter.CreateObservableGauge("orleanstasks.certificate.remaining", () => All.Select(one => new Measurement<double>(
            (one.Ends - time.GetUtcNow()).TotalSeconds, new KeyValuePair<string, object?>("option", one.Option))), "s",
            "Time until a certificate that was given as a file expires; negative after that.");
    }

    /// <summary>The options that give certificates, and when these expire; without files that cannot be read now.</summary>
    public ImmutableArray<(string Option, DateTimeOffset Ends)> All
    {
        get
        {
            var all = ImmutableArray.CreateBuilder<(string, DateTimeOffset)>(2);
            if (server is { } ends)
                all.Add(("--tls-cert", ends));
            if (EndOf(clusterFile) is { } clusterEnds)
                all.Add(("--cluster-cert", clusterEnds));
            return all.DrainToImmutable();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            foreach (var (option, ends) in All)
            {
                if (ends - time.GetUtcNow() <= WarnBefore)
                    Expires(option, ends);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // The start refuses files that cannot be used. One that is being replaced now is read the next time.
    private static DateTimeOffset? EndOf(string? path)
    {
        try
        {
            using var certificate = path is null ? null : X509Certificate2.CreateFromPem(File.ReadAllText(path));
            return certificate?.NotAfter.ToUniversalTime();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }
    }

    [LoggerMessage(EventId = 4424, Level = LogLevel.Warning,
        Message = "The certificate of {Option} expires at {Ends:u}. Replace its file; for --tls-cert, also restart this program.")]
    private partial void Expires(string option, DateTimeOffset ends);
}
