using OrleansTasks.Access;
using OrleansTasks.System.Tests.CommandLine;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Keys;

/// <summary><c>otask key</c> through a gateway, and which store it takes without one.</summary>
public sealed class KeyCommandTests : DataFolders
{
    [Fact]
    public async Task Key_ThroughAGateway_IsMadeListedAndRevoked()
    {
        await using var service = await Service.Start(Data);
        var url = service.Url.ToString();
        var made = await Otask("key", "create", "--scope", "read", "--name", "ci", "--url", url);
        Assert.True(made.ExitCode == 0, made.Errors);
        var key = made.Output.TrimEnd('\n');
        Assert.Matches("^otk_[A-Za-z0-9_-]{43}$", key);
        Assert.Equal(0, (await Otask("list", "--url", url, "--key", key)).ExitCode);

        var id = (await Run(["key", "list", "-o", "name"], ("OTASK_URL", url))).Output.Trim();
        Assert.StartsWith("key-", id, StringComparison.Ordinal);
        var table = (await Otask("key", "list", "--url", url)).Output;
        Assert.Contains($"{id}  ci    read", table, StringComparison.Ordinal);
        Assert.DoesNotContain(key, table, StringComparison.Ordinal);

        Assert.Equal(6, (await Otask("key", "revoke", id, "--url", url)).ExitCode);
        Assert.Equal(0, (await Otask("list", "--url", url, "--key", key)).ExitCode);
        var revoked = await Otask("key", "revoke", id, "--yes", "--url", url);
        Assert.Equal($"{id} revoked\n", revoked.Output);
        Assert.Equal(1, (await Otask("list", "--url", url, "--key", key)).ExitCode);
        Assert.Equal(1, (await Otask("key", "revoke", id, "--yes", "--url", url)).ExitCode);
    }

    [Fact]
    public async Task Key_InTheStore_MayBeTheLastOfAnAdministrator()
    {
        Assert.Equal(0, (await Otask("key", "create", "--scope", "admin", "--data", Data)).ExitCode);
        var id = (await Otask("key", "list", "--data", Data)).Output.Split('\t')[0];
        await using (var service = await Service.Start(Data))
        {
            var refused = await Otask("key", "revoke", id, "--yes", "--url", service.Url.ToString());
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("otask key revoke ID --data DIR", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Equal($"{id} revoked\n", (await Otask("key", "revoke", id, "--data", Data)).Output);
        Assert.Equal("", (await Otask("key", "list", "--data", Data)).Output);
    }

    [Fact]
    public async Task Key_WithoutGatewayOrFolder_MakesNoStore()
    {
        Directory.CreateDirectory(Data);
        // The command line looks for ./data.
        var listed = await Finished.Run(
            "/bin/sh", ["-c", "cd \"$1\" && exec \"$2\" key list", "sh", Data, BuiltPrograms.Otask], Alone());

        Assert.Equal(1, listed.ExitCode);
        Assert.Contains("--data DIR", listed.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
    }

    [Fact]
    public void Create_Scope_NamesAllThatTheServiceKnows() => Assert.EndsWith(
        $": {ScopeNames.All}", OtaskTree.Of("key create").Options.Single(static option => option.Name == "--scope").Description, StringComparison.Ordinal);

    [Theory]
    [InlineData("--expires-at", "2020-01-01T00:00:00Z")]
    [InlineData("--expires-at", "tomorrow")]
    [InlineData("--name", "two\nlines")]
    [InlineData("--scope", "read,all")]
    [InlineData("--url", "http://127.0.0.1:1")]
    public async Task Create_WhatMakesNoSense_IsAUsageErrorAndMakesNoStore(string option, string value)
    {
        string[] scope = option == "--scope" ? [] : ["--scope", "read"];

        Assert.Equal(2, (await Otask(["key", "create", "--data", Data, .. scope, option, value])).ExitCode);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Create_ThroughAGateway_AnUnknownScopeIsTheGatewaysToRefuse()
    {
        await using var service = await Service.Start(Data);

        var refused = await Otask("key", "create", "--scope", "read, submitt", "--url", service.Url.ToString());

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("unknown scope 'submitt'; did you mean 'submit'?", refused.Errors, StringComparison.Ordinal);
    }

    private Task<Finished> Otask(params string[] arguments) => Run(arguments);

    private Task<Finished> Run(string[] arguments, params (string, string)[] environment) =>
        Finished.Run(BuiltPrograms.Otask, arguments, [.. Alone(), .. environment]);

    /// <summary>No profile and no address of whoever runs the tests.</summary>
    private (string, string)[] Alone() =>
        [("XDG_CONFIG_HOME", Data + "-config"), ("OTASK_URL", ""), ("OTASK_PROFILE", "")];
}
