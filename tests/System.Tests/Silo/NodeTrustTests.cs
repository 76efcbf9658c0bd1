using System.IO.Pipelines;
using System.Net;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Silo.Trust;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Tasks;
using OrleansTasks.Trust;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What the worker plane lets in, and what it refuses, over real TLS and with a clock that can be put forward.</summary>
[SupportedOSPlatform("linux")]
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
        using var bare = new MasterConnection(new MasterChannelOptions { Address = rig.Address, Tls = tls });

        var refusal = await Refusal(bare.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Contains("accepts only workers with a certificate", refusal.Message);
    }

    [Fact]
    public async Task Join_AfterTheClockWasSetBack_IsPossible()
    {
        await using var rig = await TrustRig.Started();
        rig.Time.StepWall(TimeSpan.FromHours(8));
        await rig.Join("w1");
        rig.Time.StepWall(-TimeSpan.FromHours(8));

        var identity = await rig.Join("w2");

        Assert.False(identity.HasExpired);
    }

    [Theory]
    [InlineData("ReportStatus")]
    [InlineData("AssignTask")]
    [InlineData("Report")]
    [InlineData("WriteOutput")]
    public async Task Call_WithoutCertificate_IsRefusedBeforeItsMessageHasCome(string method)
    {
        await using var rig = await TrustRig.Started();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(rig.Address, $"/orleanstasks.v1.NodeService/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(new Pipe().Reader.AsStream()) { Headers = { ContentType = new("application/grpc") } },
        };

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

        Assert.Equal("16", Assert.Single(answer.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task Call_ForAnotherNodeOrInstance_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        await connection.ReportStatus(TrustRig.Registration("w1"), Cancellation);

        var other = await Refusal(connection.ReportStatus(TrustRig.Registration("w2"), Cancellation));
        var instance = await Refusal(connection.ReportStatus(TrustRig.Registration("w1", new string('f', 32)), Cancellation));

        foreach (var refusal in new[] { other, instance })
            Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        Assert.Contains("not to 'w2'", other.Message);
        Assert.Contains("another data folder", instance.Message);
        // A second worker with this name has its own certificate, and cannot use the first worker's session.
        var second = rig.Connect(await rig.Join("w1", instance: new string('f', 32)));
        await RefusesAll(connection, "w2", "not to 'w2'");
        await RefusesAll(second, "w1", "another data folder");
        Assert.True((await connection.Report(new Progress { NodeId = "w1", Session = 1 }, Cancellation)).Settled);

        static async Task RefusesAll(MasterConnection connection, string node, string message)
        {
            StatusReport beat = new() { NodeId = node, Session = 1 };
            StoreBlock[] blocks = [new() { NodeId = node, Session = 1 }];
            Task[] calls =
            [
                connection.ReportStatus(beat, Cancellation),
                connection.ReportStatus(new StatusReport(beat) { Goodbye = true }, Cancellation),
                First(connection.AssignTask(new AssignRequest { NodeId = node, Session = 1 }, Cancellation)),
                connection.Report(new Progress { NodeId = node, Session = 1 }, Cancellation),
                connection.Write(new OutputChunks { NodeId = node, Session = 1 }),
                First(connection.FetchFile(new FetchRequest { NodeId = node, Session = 1 }, Cancellation)),
                First(connection.FetchFiles(new FetchFilesRequest { NodeId = node, Session = 1 }, Cancellation)),
                connection.MissingFiles(new MissingRequest { NodeId = node, Session = 1 }, Cancellation),
                connection.StoreFile(blocks.ToAsyncEnumerable(), Cancellation),
                connection.NameArtifacts(new ArtifactPage { NodeId = node, Session = 1 }, Cancellation),
                connection.ListedFolder(new FolderListing { NodeId = node, Session = 1 }, Cancellation),
            ];
            foreach (var call in calls)
            {
                var refusal = await Refusal(call);
                Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
                Assert.Contains(message, refusal.Message);
            }
        }
    }

    [Fact]
    public async Task Call_InASessionThatIsNotTheLatest_DoesNotReachTheService()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        StatusReport beat = new() { NodeId = "w1", Session = 2 };

        var answer = await connection.ReportStatus(beat, Cancellation);
        var goodbye = await connection.ReportStatus(new StatusReport(beat) { Goodbye = true }, Cancellation);
        var report = await connection.Report(new Progress { NodeId = "w1", Session = 2 }, Cancellation);
        var listed = await connection.ListedFolder(new FolderListing { NodeId = "w1", Session = 2 }, Cancellation);

        Assert.Equal(
            (StatusAnswer.Types.Outcome.SessionOver, StatusAnswer.Types.Outcome.Ok), (answer.Outcome, goodbye.Outcome));
        Assert.False(report.Settled);
        Assert.False(listed.Taken);
        await foreach (var _ in connection.AssignTask(new AssignRequest { NodeId = "w1", Session = 2 }, Cancellation))
            Assert.Fail("A stream of commands was opened.");
    }

    [Fact]
    public async Task Call_WithACertificateOfAnotherAuthority_IsRefused()
    {
        await using var rig = await TrustRig.Started();
        await using var foreign = await TrustRig.Started();
        var connection = rig.Connect(await foreign.Join("w1"), trusted: await rig.Join("w1"));

        var refusal = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Contains("Another service issued", refusal.Message);
    }

    [Fact]
    public async Task Worker_AtAServiceOfAnotherAuthority_DoesNotConnect()
    {
        await using var rig = await TrustRig.Started();
        await using var foreign = await TrustRig.Started();
        var connection = rig.Connect(await foreign.Join("w1"));

        var failure = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Revoked_TheOpenConnectionIsRefusedWithinSeconds()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        await connection.ReportStatus(TrustRig.Registration("w1"), Cancellation);

        rig.Store.Revoke("w1");
        rig.Time.Forward(TimeSpan.FromSeconds(5));

        var refusal = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Contains("the node was forgotten", refusal.Message);
    }

    [Fact]
    public async Task Renewal_NodeWasForgottenAfterTheGateLooked_IsRefusedAndNothingIsLeft()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var connection = rig.Connect(identity);
        rig.Time.Forward(TimeSpan.FromDays(21));
        await connection.ReportStatus(TrustRig.Registration("w1"), Cancellation);

        // The clock stands: what the gate has just read still counts.
        rig.Store.Revoke("w1");
        var refusal = await Refusal(connection.ReportStatus(Asking(identity), Cancellation));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Contains("its node was forgotten", refusal.Message);
        Assert.False(await rig.Store.HasUsableCredential(rig.Time.GetUtcNow().ToUnixTimeMilliseconds()));
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
    public async Task Renewal_MoreThanAThirdIsLeft_GivesNothing()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        rig.Time.Forward(TimeSpan.FromDays(19));

        var answer = await rig.Connect(identity).ReportStatus(Asking(identity), Cancellation);

        Assert.True(answer.Certificate.IsEmpty, "Certificates overlapped for two thirds of their validity.");
    }

    [Fact]
    public async Task Renewal_AnswerWasLost_IsRepeatedAfterAnHour_AndNotAtOnce()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var connection = rig.Connect(identity);
        rig.Time.Forward(TimeSpan.FromDays(21));
        Assert.False((await connection.ReportStatus(Asking(identity), Cancellation)).Certificate.IsEmpty);

        var again = await connection.ReportStatus(Asking(identity), Cancellation);
        rig.Time.Forward(NodeTrust.RenewalsApart + TimeSpan.FromSeconds(1));
        var later = await connection.ReportStatus(Asking(identity), Cancellation);
        identity.Accept(later.Certificate.Span);

        Assert.True(again.Certificate.IsEmpty, "A worker could collect certificates.");
        await rig.Connect(identity).ReportStatus(TrustRig.Registration("w1"), Cancellation);
    }

    [Fact]
    public async Task Renewal_TooSoon_SignsNothing()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        var connection = rig.Connect(identity);
        rig.Time.Forward(TimeSpan.FromDays(21));
        Assert.False((await connection.ReportStatus(Asking(identity), Cancellation)).Certificate.IsEmpty);
        var signed = rig.Store.Additions;

        for (var i = 0; i < 3; i++)
            Assert.True((await connection.ReportStatus(Asking(identity), Cancellation)).Certificate.IsEmpty);

        // Each certificate that is signed is given to the store.
        Assert.Equal(signed, rig.Store.Additions);
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
        using var channel = new MasterChannel(new MasterChannelOptions { Address = rig.Address, Tls = Pinned.Tls(await rig.Join("w2"), rig.Time) });
        var request = new JoinRequest
        {
            NodeId = "w1", Instance = TrustRig.Instance, Secret = token.Secret, CertificateRequest = ByteString.CopyFrom(1, 2, 3),
        };

        var junk = await Refusal(channel.Unary(NodeServiceMethods.Join, request, null, Cancellation));
        var name = await Refusal(channel.Unary(NodeServiceMethods.Join, new JoinRequest(request) { NodeId = "a/b" }, null, Cancellation));
        var large = new JoinRequest(request) { CertificateRequest = ByteString.CopyFrom(new byte[20_000]) };
        var size = await Refusal(channel.Unary(NodeServiceMethods.Join, large, null, Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, StatusCode.InvalidArgument, StatusCode.ResourceExhausted),
            (junk.StatusCode, name.StatusCode, size.StatusCode));
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

        var busy = await Assert.ThrowsAsync<RpcException>(() => rig.Join("w1", guess));

        Assert.Equal(StatusCode.ResourceExhausted, busy.StatusCode);
        rig.Time.Forward(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<IdentityRefusedException>(() => rig.Join("w1", guess));
    }

    [Fact]
    public async Task Join_OthersAtTheAddressFailAgainAndAgain_IsTakenWithATokenOfTheService()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token();
        var guess = token with { Secret = "guess" };
        for (var i = 0; i < 10; i++)
            await Assert.ThrowsAsync<IdentityRefusedException>(() => rig.Join("w1", guess));
        await Assert.ThrowsAsync<RpcException>(() => rig.Join("w1", guess));

        await rig.Join("w1", token);
    }

    [Fact]
    public async Task Join_AnswerWasLost_IsRepeatedWithTheSameKey()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token();
        var folder = rig.NewFolder();
        // The answer comes and cannot be kept, which is as if it had not come.
        var obstacle = Directory.CreateDirectory(Path.Combine(folder, "identity.pem.new"));
        await Assert.ThrowsAnyAsync<Exception>(() => JoinIn(folder, "w1"));
        var key = Path.Combine(folder, "join.pem");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        obstacle.Delete();
        await Assert.ThrowsAsync<IdentityRefusedException>(() => JoinIn(folder, "w2"));
        await Assert.ThrowsAsync<IdentityRefusedException>(() => JoinIn(rig.NewFolder(), "w1"));

        using var identity = await JoinIn(folder, "w1");

        Assert.False(File.Exists(key));
        await rig.Connect(identity).ReportStatus(TrustRig.Registration("w1"), Cancellation);

        Task<WorkerIdentity> JoinIn(string folder, string node) =>
            Joining.JoinAsync(rig.Address, token, folder, node, TrustRig.Instance, rig.Time, Cancellation);
    }

    [Fact]
    public async Task Join_AgainWithTheSameTokenAndKey_ReceivesTheSameCertificate_UntilTheNodeIsForgotten()
    {
        await using var rig = await TrustRig.Started();
        var (token, other) = (await rig.Token(), await rig.Token());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var channel = new MasterChannel(new MasterChannelOptions { Address = rig.Address, Tls = Pinned.Tls(await rig.Join("w2"), rig.Time) });
        var request = new JoinRequest
        {
            NodeId = "w1", Instance = TrustRig.Instance, Secret = token.Secret,
            CertificateRequest = ByteString.CopyFrom(
                new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256).CreateSigningRequest()),
        };

        var first = await channel.Unary(NodeServiceMethods.Join, request, null, Cancellation);
        var second = await channel.Unary(NodeServiceMethods.Join, request, null, Cancellation);
        var third = await channel.Unary(
            NodeServiceMethods.Join, new JoinRequest(request) { Secret = other.Secret }, null, Cancellation);
        rig.Store.Revoke("w1");
        var refusal = await Refusal(channel.Unary(NodeServiceMethods.Join, request, null, Cancellation));

        Assert.Equal(first.Certificate, second.Certificate);
        // It may have other labels.
        Assert.NotEqual(first.Certificate, third.Certificate);
        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
    }

    [Fact]
    public async Task Join_StoredKeyIsDamagedOrForAnotherToken_MakesANewOne()
    {
        await using var rig = await TrustRig.Started();
        foreach (var text in new[] { "", "for token 00\nnonsense\n", $"for token {new string('0', 64)}\nnonsense\n" })
        {
            var folder = rig.NewFolder();
            await File.WriteAllTextAsync(Path.Combine(folder, "join.pem"), text, Cancellation);
            using var identity = await Joining.JoinAsync(
                rig.Address, await rig.Token(), folder, "w1", TrustRig.Instance, rig.Time, Cancellation);
        }
    }

    [Fact]
    public async Task Join_NameDoesNotMatchTheToken_IsRefusedAndTheTokenStaysGood()
    {
        await using var rig = await TrustRig.Started();
        var token = await rig.Token(new TokenTerms("gpu-*", []));

        var refusal = await Assert.ThrowsAsync<IdentityRefusedException>(() => rig.Join("w1", token));

        Assert.Contains("names match 'gpu-*'", refusal.Message);
        await rig.Join("gpu-1", token);
    }

    [Fact]
    public async Task Labels_OfAToken_AreTheNodesWhateverItsWorkerSays()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1", await rig.Token(new TokenTerms("*", [new Label("zone", "secure")])));
        await rig.Connect(identity).ReportStatus(Claiming("w1", ("disk", "ssd")), Cancellation);
        Assert.Equal([("disk", "ssd"), ("zone", "secure")], rig.Labels.Select(static l => (l.Key, l.Value)).Order());

        var other = await Refusal(rig.Connect(identity).ReportStatus(Claiming("w1", ("zone", "open")), Cancellation));
        await rig.Connect(identity).ReportStatus(Claiming("w1", ("zone", "secure")), Cancellation);
        rig.Time.Forward(TimeSpan.FromDays(21));
        var renewal = await rig.Connect(identity).ReportStatus(Asking(identity), Cancellation);
        identity.Accept(renewal.Certificate.Span);
        await rig.Connect(identity).ReportStatus(TrustRig.Registration("w1"), Cancellation);

        Assert.Equal(StatusCode.PermissionDenied, other.StatusCode);
        Assert.Equal("secure", rig.Labels["zone"]);
    }

    [Fact]
    public async Task Labels_ThatATokenGives_CannotBeClaimedByOthers()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w2"));
        await connection.ReportStatus(Claiming("w2", ("zone", "secure")), Cancellation);
        await rig.Token(new TokenTerms("w1", [new Label("zone", "secure")]));

        var refusal = await Refusal(connection.ReportStatus(Claiming("w2", ("zone", "secure")), Cancellation));

        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        Assert.Contains("without --label zone", refusal.Message);
        await connection.ReportStatus(Claiming("w2", ("disk", "ssd")), Cancellation);
    }

    [Fact]
    public async Task Call_WithASelfMadeCertificateInTheAuthoritysName_IsRefusedWithoutAskingTheStore()
    {
        await using var rig = await TrustRig.Started();
        var identity = await rig.Join("w1");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var forged = new CertificateRequest(identity.Authority.SubjectName, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(rig.Time.GetUtcNow().AddDays(-1), rig.Time.GetUtcNow().AddDays(1));
        var tls = Pinned.Tls(identity, rig.Time);
        tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => forged;
        using var connection = new MasterConnection(
            new MasterChannelOptions { Address = rig.Address, Tls = tls });

        for (var i = 0; i < 3; i++)
        {
            var refusal = await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));
            Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
            Assert.Contains("Another service issued", refusal.Message);
        }

        Assert.Equal(0, rig.Store.Lookups);
    }

    [Fact]
    public async Task Calls_OfAForgottenNode_AskTheStoreOnceInAWhile()
    {
        await using var rig = await TrustRig.Started();
        var connection = rig.Connect(await rig.Join("w1"));
        rig.Store.Revoke("w1");

        for (var i = 0; i < 3; i++)
            await Refusal(connection.ReportStatus(TrustRig.Registration("w1"), Cancellation));

        Assert.Equal(1, rig.Store.Lookups);
    }

    private static StatusReport Claiming(string node, params (string Key, string Value)[] labels)
    {
        var report = TrustRig.Registration(node);
        foreach (var (key, value) in labels)
            report.Registration.Labels[key] = value;
        return report;
    }

    private static StatusReport Asking(WorkerIdentity identity) =>
        new() { NodeId = "w1", Session = 1, CertificateRequest = ByteString.CopyFrom(identity.RequestNext()) };

    private static Task<RpcException> Refusal(Task call) => Assert.ThrowsAsync<RpcException>(() => call);

    private static async Task First<T>(IAsyncEnumerable<T> messages)
    {
        await foreach (var _ in messages)
            return;
    }
}
