using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using Orleans.Connections.Security;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Cluster.Tls;

/// <summary>
/// Mutual TLS between silos, and between gateways and silos. Orleans' package does the handshake; this class gives it
/// the certificates of each connection, checks the peer's, and says in one line why a connection failed, which the
/// package cannot. Both ends must agree whether a connection uses TLS (<see cref="ClusterTlsRule"/>); if they do not,
/// both notice it by the first bytes.
/// </summary>
internal sealed class OrleansClusterTls(
    ClusterTlsRule rule, ClusterIdentity identity, ClusterRefusals refusals, TimeProvider time)
{
    /// <summary>Why a process with TLS does not reach a silo without it.</summary>
    internal const string SiloIsPlain = $"it does not use TLS, and this process does; {SameEverywhere}";

    /// <summary>Why a process without TLS does not reach a silo with it.</summary>
    internal const string SiloIsSecure = $"it uses TLS, and this process does not; {SameEverywhere}";

    private const string SameEverywhere = "give all silos and gateways of a cluster the same --cluster-tls";

    private const string OwnCertificate = "a silo or gateway of this cluster has its --db, or a --cluster-cert that "
        + "'otask cluster certificate' made from the store";

    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    /// <summary>Adds what <see cref="Use(ISiloBuilder)"/> and <see cref="Use(IClientBuilder)"/> need.</summary>
    internal static void Add(IServiceCollection services, bool? asked, Func<IServiceProvider, ClusterIdentity> identify)
    {
        services.AddSingleton(identify);
        services.AddSingleton<ClusterRefusals>();
        services.AddSingleton(provider => new OrleansClusterTls(
            new ClusterTlsRule(asked), provider.GetRequiredService<ClusterIdentity>(),
            provider.GetRequiredService<ClusterRefusals>(), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Secures both ports of a silo, and its connections to other silos.</summary>
    internal static void Use(ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(static connections =>
    {
        connections.ConfigureSiloInboundConnection(
            static inbound => Of(inbound).Accept(inbound, ClusterRole.Silo, "--peer-port"));
        connections.ConfigureGatewayInboundConnection(
            static inbound => Of(inbound).Accept(inbound, ClusterRole.Gateway, "--listen"));
        connections.ConfigureSiloOutboundConnection(static outbound => Of(outbound).Connect(outbound));
    });

    /// <summary>Secures a gateway's connections to silos.</summary>
    internal static void Use(IClientBuilder client) => client.Configure<ClientConnectionOptions>(static connections =>
        connections.ConfigureConnection(static outbound => Of(outbound).Connect(outbound)));

    /// <summary>Returns whether connections to a silo use TLS.</summary>
    internal bool Covers(EndPoint silo) => rule.Covers(silo);

    /// <summary>Returns a new connection's state.</summary>
    /// <exception cref="ClusterIdentityException">This process has no certificate to show.</exception>
    internal async Task<Handshake> Begin() => new(await identity.Get());

    /// <summary>Sets what a connection to a silo shows and accepts.</summary>
    internal void SetUp(SslClientAuthenticationOptions tls, Handshake handshake)
    {
        tls.ClientCertificateContext = handshake.Credentials.Context;
        tls.AllowTlsResume = false;
        tls.CertificateChainPolicy = Policy(handshake.Credentials.Trust);
        tls.RemoteCertificateValidationCallback = (_, shown, _, _) => Accepts(handshake, shown, ClusterRole.Silo);
    }

    private static OrleansClusterTls Of(IConnectionBuilder connections) =>
        connections.ApplicationServices.GetRequiredService<OrleansClusterTls>();

    private void Accept(IConnectionBuilder connections, ClusterRole expected, string port) => connections.Use(next =>
    {
        var secure = new ConnectionBuilder(connections.ApplicationServices);
        secure.UseServerTls(new TlsOptions
        {
            // The certificates are those of each connection, set below. Without NoCertificate the package would check
            // the peer's by a callback that does not know the connection.
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            LocalServerCertificateSelector = static (_, _) => null!,
            HandshakeTimeout = HandshakeLimit,
            OnAuthenticateAsServer = (context, tls) => SetUp(
                (SslServerAuthenticationOptions)tls.SslServerAuthenticationOptions, context.Features.Get<Handshake>()!,
                expected),
        });
        secure.Run(context =>
        {
            context.Features.Get<Handshake>()!.IsDone = true;
            return next(context);
        });
        var handshake = secure.Build();
        return async context =>
        {
            await (rule.Covers(context.LocalEndPoint)
                ? AcceptSecure(context, port, handshake)
                : AcceptPlain(context, port, next));
            await HangUp(context);
        };
    });

    private void Connect(IConnectionBuilder connections) => connections.Use(next =>
    {
        var secure = new ConnectionBuilder(connections.ApplicationServices);
        secure.UseClientTls(new TlsOptions
        {
            RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
            HandshakeTimeout = HandshakeLimit,
            OnAuthenticateAsClient = (context, tls) => SetUp(
                (SslClientAuthenticationOptions)tls.SslClientAuthenticationOptions, context.Features.Get<Handshake>()!),
        });
        secure.Run(context => AfterHandshake(context, next));
        var handshake = secure.Build();
        return context => rule.Covers(context.RemoteEndPoint)
            ? ConnectSecure(context, handshake)
            : ConnectPlain(context, next);
    });

    private async Task AcceptSecure(ConnectionContext context, string port, ConnectionDelegate secure)
    {
        switch (await Peek(context, HandshakeLimit))
        {
            case Speech.Nothing:
                return;
            case not Speech.Handshake:
                await Refuse(context, port, $"it does not use TLS, and this silo does; {SameEverywhere}");
                return;
        }

        var peer = context.RemoteEndPoint;
        if (await Begin(context, reason => refusals.RefusedPeer(peer, port, reason)) is not { } handshake)
            return;
        await secure(context);
        if (!handshake.IsDone)
            refusals.RefusedPeer(peer, port, handshake.Fault is { } fault
                ? $"{fault}; {OwnCertificate}"
                : "it broke off the TLS handshake; see its log");
    }

    private async Task AcceptPlain(ConnectionContext context, string port, ConnectionDelegate next)
    {
        // Without a limit: Orleans lets peers be silent.
        if (await Peek(context, Timeout.InfiniteTimeSpan) == Speech.Handshake)
            await Refuse(context, port, $"it uses TLS, and this silo does not; {SameEverywhere}");
        else
            await next(context);
    }

    private async Task ConnectSecure(ConnectionContext context, ConnectionDelegate secure)
    {
        var silo = context.RemoteEndPoint;
        if (await Begin(context, reason => refusals.SiloRefused(silo, reason, isFinal: false)) is not { } handshake)
            return;
        var answer = new FirstBytes(context.Transport.Input);
        await Spy(context, answer, secure);
        if (handshake.IsDone)
            return;
        var (reason, isFinal) = (handshake.Fault, answer.Speech) switch
        {
            ({ } fault, _) => (fault, true),
            (_, Speech.Other or Speech.Alert) => (SiloIsPlain, true),
            (_, Speech.Handshake) => ("the TLS handshake failed; see its log", false),
            _ => ("it closed the connection without an answer", false),
        };
        refusals.SiloRefused(silo, reason, isFinal);
    }

    private async Task ConnectPlain(ConnectionContext context, ConnectionDelegate next)
    {
        var answer = new FirstBytes(context.Transport.Input);
        try
        {
            await Spy(context, answer, next);
        }
        finally
        {
            if (answer.Speech == Speech.Alert)
                refusals.SiloRefused(context.RemoteEndPoint, SiloIsSecure, isFinal: true);
        }
    }

    /// <summary>
    /// Runs a connection to a silo. A silo that refuses the certificate ends it only now, because in TLS 1.3 the
    /// client's part of the handshake ends before the server checks the client.
    /// </summary>
    private async Task AfterHandshake(ConnectionContext context, ConnectionDelegate next)
    {
        context.Features.Get<Handshake>()!.IsDone = true;
        var answer = new FirstBytes(context.Transport.Input);
        try
        {
            await Spy(context, answer, next);
        }
        finally
        {
            if (answer.Speech == Speech.Nothing)
                refusals.SiloRefused(context.RemoteEndPoint, "it closed the connection after the TLS handshake: it does not "
                    + "accept this process's certificate (its log says why), or --cluster names another cluster",
                    isFinal: false);
        }
    }

    /// <summary>Runs a connection and notes what the peer sends first.</summary>
    private static async Task Spy(ConnectionContext context, FirstBytes answer, ConnectionDelegate next)
    {
        var transport = context.Transport;
        context.Transport = new Spied(answer, transport.Output);
        try
        {
            await next(context);
        }
        finally
        {
            context.Transport = transport;
        }
    }

    private async Task<Speech> Peek(ConnectionContext context, TimeSpan limit)
    {
        using var ended = new CancellationTokenSource(limit, time);
        try
        {
            return await FirstBytes.Peek(context.Transport.Input, ended.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            return Speech.Nothing;
        }
    }

    private async Task Refuse(ConnectionContext context, string port, string reason)
    {
        refusals.RefusedPeer(context.RemoteEndPoint, port, reason);
        using var limit = new CancellationTokenSource(FarewellLimit, time);
        try
        {
            await context.Transport.Output.WriteAsync(FirstBytes.Refusal, limit.Token);
            // If bytes were left unread, the system would reset the connection, and the peer might not get the answer.
            await context.Transport.Input.CopyToAsync(Stream.Null, limit.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            // The peer hung up first, or does not hang up.
        }
    }

    /// <summary>
    /// Ends a connection in order. Orleans aborts it when this returns; if anything was still under way then, the system
    /// would reset the connection, and the peer might not get the answer.
    /// </summary>
    private async Task HangUp(ConnectionContext context)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var closing = context.ConnectionClosed.Register(closed.SetResult);
        await context.Transport.Output.CompleteAsync();
        try
        {
            await closed.Task.WaitAsync(FarewellLimit, time);
        }
        catch (TimeoutException)
        {
            // Orleans will abort it.
        }
    }

    private async Task<Handshake?> Begin(ConnectionContext context, Action<string> refuse)
    {
        try
        {
            var handshake = await Begin();
            context.Features.Set(handshake);
            return handshake;
        }
        catch (ClusterIdentityException fault)
        {
            refuse($"this process has no cluster certificate: {fault.Message}");
            return null;
        }
    }

    private void SetUp(SslServerAuthenticationOptions tls, Handshake handshake, ClusterRole expected)
    {
        tls.ServerCertificateSelectionCallback = null;
        tls.ServerCertificateContext = handshake.Credentials.Context;
        tls.ClientCertificateRequired = true;
        // A resumed session would not show the certificate again.
        tls.AllowTlsResume = false;
        tls.CertificateChainPolicy = Policy(handshake.Credentials.Trust);
        tls.RemoteCertificateValidationCallback = (_, shown, _, _) => Accepts(handshake, shown, expected);
    }

    /// <summary>
    /// Checks the peer's certificate. What TLS itself finds, such as another host name, does not count.
    /// </summary>
    private bool Accepts(Handshake handshake, X509Certificate? shown, ClusterRole expected)
    {
        handshake.Fault = handshake.Credentials.Trust.FindFault((X509Certificate2?)shown, expected, time.GetUtcNow());
        return handshake.Fault is null;
    }

    /// <summary>Keeps TLS from asking the network or the system's store about the peer's certificate.</summary>
    private static X509ChainPolicy Policy(ClusterTrust trust)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(trust.Authority);
        return policy;
    }

    private sealed record Spied(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>The state of one connection's handshake.</summary>
    internal sealed class Handshake(ClusterCredentials credentials)
    {
        /// <summary>What this end shows and trusts.</summary>
        public ClusterCredentials Credentials => credentials;

        /// <summary>Why the peer's certificate was refused; null if it was not, or has not been checked.</summary>
        public string? Fault { get; set; }

        /// <summary>Whether the handshake succeeded at this end.</summary>
        public bool IsDone { get; set; }
    }
}
