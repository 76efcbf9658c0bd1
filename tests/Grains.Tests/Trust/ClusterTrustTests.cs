using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Grains.Tests.Trust;

public sealed class ClusterTrustTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Life = TimeSpan.FromDays(90);
    private readonly CertificateAuthority authority = new(CertificateAuthority.Make(Now));
    private readonly ClusterTrust trust;

    public ClusterTrustTests() => trust = new ClusterTrust(authority.Certificate.Span);

    public void Dispose()
    {
        trust.Dispose();
        authority.Dispose();
    }

    [Fact]
    public void FindFault_CertificateOfTheRole_IsAccepted()
    {
        using var silo = authority.IssueMember(ClusterRole.Silo, Now, Life);
        using var gateway = authority.IssueMember(ClusterRole.Gateway, Now, Life);

        Assert.Null(trust.FindFault(silo, ClusterRole.Silo, Now));
        Assert.Null(trust.FindFault(gateway, ClusterRole.Gateway, Now));
        Assert.True(silo.HasPrivateKey);
    }

    [Fact]
    public void FindFault_CertificateOfTheOtherRole_IsRefused()
    {
        using var silo = authority.IssueMember(ClusterRole.Silo, Now, Life);
        using var gateway = authority.IssueMember(ClusterRole.Gateway, Now, Life);

        Assert.Equal("its certificate is not one of a silo", trust.FindFault(gateway, ClusterRole.Silo, Now));
        Assert.Equal("its certificate is not one of a gateway", trust.FindFault(silo, ClusterRole.Gateway, Now));
    }

    [Theory]
    [InlineData("silo.cluster.orleanstasks.internal")]
    [InlineData("gateway.cluster.orleanstasks.internal")]
    public void FindFault_WorkerThatIsNamedLikeARole_IsRefused(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // What a worker asks for beside its key is ignored.
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var worker = authority.IssueNode(name, name, CertificateKey.Read(request.CreateSigningRequest(), out _)!, Now);

        Assert.Equal("its certificate is not one of a silo", trust.FindFault(worker, ClusterRole.Silo, Now));
        Assert.Equal("its certificate is not one of a gateway", trust.FindFault(worker, ClusterRole.Gateway, Now));
    }

    [Fact]
    public void FindFault_WhatSilosShowToWorkers_IsRefused()
    {
        using var server = authority.IssueServer(Now);

        Assert.Equal("its certificate is not one of a silo", trust.FindFault(server, ClusterRole.Silo, Now));
    }

    [Fact]
    public void FindFault_NoneForeignAndForged_AreRefused()
    {
        using var other = new CertificateAuthority(CertificateAuthority.Make(Now));
        using var foreign = other.IssueMember(ClusterRole.Silo, Now, Life);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var forged = new CertificateRequest(authority.Name, key, HashAlgorithmName.SHA256).CreateSelfSigned(Now, Now + Life);

        Assert.Equal("it showed no certificate", trust.FindFault(null, ClusterRole.Silo, Now));
        Assert.Equal("its certificate is from another authority", trust.FindFault(foreign, ClusterRole.Silo, Now));
        Assert.Equal("its certificate is from another authority", trust.FindFault(forged, ClusterRole.Silo, Now));
    }

    [Fact]
    public void FindFault_OutsideItsTime_IsRefused()
    {
        using var silo = authority.IssueMember(ClusterRole.Silo, Now, Life);

        Assert.Null(trust.FindFault(silo, ClusterRole.Silo, Now + Life - TimeSpan.FromMinutes(1)));
        Assert.Equal("its certificate has expired", trust.FindFault(silo, ClusterRole.Silo, Now + Life + TimeSpan.FromMinutes(1)));
        Assert.Contains("not valid yet", trust.FindFault(silo, ClusterRole.Silo, Now - TimeSpan.FromHours(1)), StringComparison.Ordinal);
    }
}
