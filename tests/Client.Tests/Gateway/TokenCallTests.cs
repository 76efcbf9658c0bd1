using OrleansTasks.Tasks;
using OrleansTasks.Trust;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Asking for join tokens.</summary>
public sealed class TokenCallTests : IAsyncLifetime
{
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync()
    {
        gateway = await GatewayHost.Start(grains);
        grains.Trust.OnMake = static () => Task.FromResult(new IssuedToken("otj_x.y", 1_900_000_000_000));
    }

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    public async Task Post_WithoutTerms_IsForAnyNode(string? body)
    {
        Assert.Equal(201, (await gateway.Post("/api/v1/nodes/tokens", body)).Status);
        Assert.Equal(TokenTerms.Any, grains.Trust.LastTerms);
    }

    [Fact]
    public async Task Post_WithTerms_PassesThemOn()
    {
        const string Body = """{"node":"gpu-*","labels":{"zone":"secure","gpu":"a100"}}""";

        Assert.Equal(201, (await gateway.Post("/api/v1/nodes/tokens", Body)).Status);

        var terms = grains.Trust.LastTerms!;
        Assert.Equal("gpu-*", terms.Node);
        Assert.Equal([new Label("gpu", "a100"), new Label("zone", "secure")], terms.Labels);
    }

    [Theory]
    [InlineData("""{"node":"a b"}""", "node")]
    [InlineData("""{"node":""}""", "node")]
    [InlineData("""{"labels":{"Zone":"x"}}""", "labels.Zone")]
    [InlineData("""{"name":"w1"}""", "name")]
    public async Task Post_WrongTerms_Is422WithThePlace(string body, string path)
    {
        var reply = await gateway.Post("/api/v1/nodes/tokens", body);

        reply.Problem(422, "invalid-token");
        Assert.Contains($"\"{path}\"", reply.Text, StringComparison.Ordinal);
        Assert.Null(grains.Trust.LastTerms);
    }
}
