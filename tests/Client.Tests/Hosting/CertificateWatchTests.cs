using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Tests;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>The warnings before a certificate that was given as a file expires. System.Tests has them in a service.</summary>
public sealed class CertificateWatchTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();
    private readonly ManualTime time = new();
    private readonly Channel<string> warnings = Channel.CreateUnbounded<string>();

    public void Dispose() => File.Delete(file);

    [Fact]
    public async Task Certificate_FromThirtyDaysBeforeItsEnd_IsNamedOnceADay()
    {
        Write(lasts: TimeSpan.FromDays(40));
        using var watch = new CertificateWatch(Options(file, null), time, new Lines(warnings.Writer));
        await watch.StartAsync(TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromDays(9));
        Assert.False(warnings.Reader.TryRead(out _));
        for (var day = 0; day < 3; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            var warning = await warnings.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.StartsWith("The certificate of --tls-cert expires at 1970-02-11 00:00:00Z.", warning, StringComparison.Ordinal);
            Assert.False(warnings.Reader.TryRead(out _));
        }
    }

    [Fact]
    public void ReplacedFile_CountsForTheClusterAndNotForTheServer_WhichHasReadItsOwn()
    {
        Write(lasts: TimeSpan.FromDays(40));
        using var watch = new CertificateWatch(Options(file, file), time, new Lines(warnings.Writer));

        Write(lasts: TimeSpan.FromDays(400));

        Assert.Equal(
            [("--tls-cert", time.GetUtcNow().AddDays(40)), ("--cluster-cert", time.GetUtcNow().AddDays(400))], watch.All.ToArray());
        File.WriteAllText(file, "half of it");
        Assert.Equal("--tls-cert", Assert.Single(watch.All).Option);
    }

    private static GatewayOptions Options(string? server, string? cluster)
    {
        var options = new GatewayCommand().Parse([], static _ => null, TextWriter.Null)!;
        return options with { TlsCert = server, Target = options.Target! with { Certificate = cluster } };
    }

    private void Write(TimeSpan lasts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=one", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(time.GetUtcNow().AddDays(-1), time.GetUtcNow() + lasts);
        File.WriteAllText(file, certificate.ExportCertificatePem());
    }

    private sealed class Lines(ChannelWriter<string> lines) : ILogger<CertificateWatch>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.TryWrite(formatter(state, exception));
    }
}
