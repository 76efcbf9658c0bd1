using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace OrleansTasks.Client.Hosting;

/// <summary>
/// Bounds the HTTP/2 connections of a gateway. A client that opens streams and takes nothing of their answers makes
/// Kestrel keep these answers without telling the application, for as long as the connection lives. So the number of
/// such connections, times their streams, bounds the memory. While all places are taken, the handshake of a further
/// connection offers HTTP/1.1 only: clients are served, by an older protocol.
/// </summary>
internal sealed class Http2Places : IDisposable
{
    private readonly Meter meter = new("OrleansTasks.Client.Http2");
    private int taken;

    /// <summary>Creates the places and their metric.</summary>
    public Http2Places() => meter.CreateObservableGauge(
        "orleanstasks.http2.connections", () => Volatile.Read(ref taken), "{connection}", "HTTP/2 connections to the gateway.");

    /// <summary>Serves an endpoint over TLS, by HTTP/2 while a place is free.</summary>
    public void Use(ListenOptions listen, X509Certificate2 certificate)
    {
        listen.Use(Hold);
        listen.UseHttps(Handshake(certificate));
        listen.Use(GiveBackUnused);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static ConnectionDelegate GiveBackUnused(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol != SslApplicationProtocol.Http2)
            connection.Features.Get<Place>()?.GiveBack();
        return next(connection);
    };

    private ConnectionDelegate Hold(ConnectionDelegate next) => async connection =>
    {
        var place = new Place(this);
        connection.Features.Set(place);
        try
        {
            await next(connection);
        }
        finally
        {
            place.GiveBack();
        }
    };

    private TlsHandshakeCallbackOptions Handshake(X509Certificate2 certificate)
    {
        var served = SslStreamCertificateContext.Create(certificate, additionalCertificates: null);
        return new TlsHandshakeCallbackOptions
        {
            OnConnection = context => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = served,
                ApplicationProtocols = context.Connection.Features.Get<Place>()!.Take()
                    ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                    : [SslApplicationProtocol.Http11],
            }),
        };
    }

    private bool TryTake()
    {
        if (Interlocked.Increment(ref taken) <= ServiceLimits.Http2Connections)
            return true;
        Interlocked.Decrement(ref taken);
        return false;
    }

    /// <summary>
    /// A connection's place. The handshake takes it before it is known which protocol the client prefers.
    /// </summary>
    private sealed class Place(Http2Places places)
    {
        private int isTaken;

        public bool Take()
        {
            if (!places.TryTake())
                return false;
            Volatile.Write(ref isTaken, 1);
            return true;
        }

        public void GiveBack()
        {
            if (Interlocked.Exchange(ref isTaken, 0) == 1)
                Interlocked.Decrement(ref places.taken);
        }
    }
}
