using System.Security.Cryptography;
using Google.Protobuf;
using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Client;
using OrleansTasks.Trust;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What the worker plane lets in, and what it refuses, over real TLS and with a clock that can be put forward.</summary>
public sealed class NodeTrustTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_WithoutCertificate_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var tls = Pinned.Tls(identity, rig.Time);
        tls.LocalCertificateSelectionCallback = null;
        using var bare = new OrleansTasks.Worker.Link.MasterConnection(new GrpcChannelOptions { Address = rig.Address, Tls = tls });

        var refusal = await Refusal(bare.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(GrpcStatus.Unauthenticated, refusal.Status);
        Assert.Contains("takes workers with a certificate only", refusal.Message);
    }

    [Fact]
    public async Task Call_ForAnotherNodeOrInstance_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        await connection.ReportStatus(TrustRig.Registration("w1"), Cancellation);

        var other = await Refusal(connection.ReportStatus(TrustRig.Registration("w2"), Cancellation));
        var instance = await Refusal(connection.ReportStatus(TrustRig.Registration("w1", new string('f', 32)), Cancellation));
        var report = await Refusal(connection.Report(new Progress { NodeId = "w2", Session = 1 }, Cancellation));
        var output = await Refusal(connection.Write(new OutputChunks { NodeId = "w2", Session = 1 }));
        var commands = await Refusal(First(connection.AssignTask(new AssignRequest { NodeId = "w2", Session = 1 }, Cancellation)));

        foreach (var refusal in new[] { other, instance, report, output, commands })
            Assert.Equal(GrpcStatus.PermissionDenied, refusal.Status);
        Assert.Contains("does not speak for 'w2'", other.Message);
        Assert.Contains("another data folder", instance.Message);
    }

    [Fact]
    public async Task Call_WithACertificateOfAnotherAuthority_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        await using var foreign = await TrustRig.Started();
        var connection = rig.Connect(await foreign.Join("w1"), trusted: await rig.Join("w1"));

        var refusal = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(GrpcStatus.Unauthenticated, refusal.Status);
        Assert.Contains("not of this service's authority", refusal.Message);
    }

    [Fact]
    public async Task Worker_AtAServiceOfAnotherAuthority_DoesNotConnect()
    {
        await using var rig = await TrustRig.Started();
        await using var foreign = await TrustRig.Started();
        var connection = rig.Connect(await foreign.Join("w1"));

        var failure = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(GrpcStatus.Unavailable, failure.Status);
    }

    [Fact]
    public async Task Revoked_TheOpenConnectionIsRefusedWithinSeconds()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        await connection.ReportStatus(TrustRig.Registration("w1"), Cancellation);

        await rig.Store.Revoke("w1");
        rig.Time.Forward(TimeSpan.FromSeconds(5));

        var refusal = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));
        Assert.Equal(GrpcStatus.Unauthenticated, refusal.Status);
        Assert.Contains("the node was forgotten", refusal.Message);
    }

    [Fact]
    public async Task Renewal_AThirdIsLeft_GivesTheNextCertificateAndTheOldOneEndsByItself()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var first = identity.Certificate;
        var connection = rig.Connect(identity);
        Assert.False(identity.IsRenewalDue);
        Assert.True((await connection.ReportStatus(Asking(identity), Cancellation)).Certificate.IsEmpty, "Nobody may collect certificates.");

        rig.Time.Forward(TimeSpan.FromDays(21));
        Assert.True(identity.IsRenewalDue);
        var answer = await connection.ReportStatus(Asking(identity), Cancellation);
        identity.Accept(answer.Certificate.Span);

        Assert.False(identity.IsRenewalDue);
        Assert.NotEqual(first.Thumbprint, identity.Certificate.Thumbprint);
        Assert.NotEqual(first.GetPublicKeyString(), identity.Certificate.GetPublicKeyString());
        rig.Time.Forward(TimeSpan.FromDays(10));
        var old = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));
        Assert.Contains("has expired", old.Message);
        await rig.Connect(identity).ReportStatus(TrustRig.Registration("w1"), Cancellation);
    }

    [Fact]
    public async Task Renewal_IsKeptOverARestartOfTheWorker()
    {
        await using var rig = await TrustRig.Started();
        var folder = rig.NewFolder();
        var token = await rig.Token();
        using var identity = await Joining.JoinAsync(rig.Address, token, folder, "w1", TrustRig.Instance, rig.Time, Cancellation);
        rig.Time.Forward(TimeSpan.FromDays(21));
        var answer = await rig.Connect(identity).ReportStatus(Asking(identity), Cancellation);
        identity.Accept(answer.Certificate.Span);

        using var loaded = WorkerIdentity.Load(folder, rig.Time)!;

        Assert.Equal(identity.Certificate.Thumbprint, loaded.Certificate.Thumbprint);
        Assert.True(loaded.IsOf(token));
        await rig.Connect(loaded).ReportStatus(TrustRig.Registration("w1"), Cancellation);
    }

    [Fact]
    public async Task Accept_CertificateOfSomebodyElse_KeepsTheOneThatThereIs()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var other = await rig.Join("w2");
        identity.RequestNext();

        Assert.Throws<CryptographicException>(() => identity.Accept(other.Certificate.RawData));
        Assert.Throws<CryptographicException>(() => identity.Accept([1, 2, 3]));

        await rig.Connect(identity).ReportStatus(TrustRig.Registration("w1"), Cancellation);
    }

    [Fact]
    public async Task Token_TooLate_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token();
        rig.Time.Forward(JoinTokens.Life);

        var refusal = await Assert.ThrowsAsync<IdentityRefusedException>(() => rig.Join("w1", token));

        Assert.Contains("has expired", refusal.Message);
    }

    [Fact]
    public async Task Token_RequestIsNonsense_IsNotSpent()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token();
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = rig.Address, Tls = Pinned.Tls(await rig.Join("w2"), rig.Time) });
        var request = new JoinRequest
        {
            NodeId = "w1", Instance = TrustRig.Instance, Secret = token.Secret, CertificateRequest = ByteString.CopyFrom(1, 2, 3),
        };

        var junk = await Refusal(channel.Unary(NodeServiceMethods.Join, request, null, Cancellation));
        var name = await Refusal(channel.Unary(NodeServiceMethods.Join, new JoinRequest(request) { NodeId = "a/b" }, null, Cancellation));
        var large = new JoinRequest(request) { CertificateRequest = ByteString.CopyFrom(new byte[20_000]) };
        var size = await Refusal(channel.Unary(NodeServiceMethods.Join, large, null, Cancellation));

        Assert.Equal((GrpcStatus.InvalidArgument, GrpcStatus.InvalidArgument, GrpcStatus.ResourceExhausted),
            (junk.Status, name.Status, size.Status));
        await rig.Join("w1", token);
    }

    [Fact]
    public async Task Join_FailsAgainAndAgain_IsNotTriedForAMinute()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token();
        var guess = token with { Secret = "guess" };
        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<IdentityRefusedException>(() => rig.Join("w1", guess));

        var busy = await Assert.ThrowsAsync<GrpcException>(() => rig.Join("w1", token));

        Assert.Equal(GrpcStatus.ResourceExhausted, busy.Status);
        rig.Time.Forward(TimeSpan.FromMinutes(1));
        await rig.Join("w1", token);
    }

    private static StatusReport Asking(WorkerIdentity identity) =>
        new() { NodeId = "w1", Session = 1, CertificateRequest = ByteString.CopyFrom(identity.RequestNext()) };

    private static Task<GrpcException> Refusal(Task call) => Assert.ThrowsAsync<GrpcException>(() => call);

    private static async Task First(IAsyncEnumerable<Commands> commands)
    {
        await foreach (var _ in commands)
            return;
    }
}
