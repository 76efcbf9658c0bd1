namespace OrleansTasks.Client.Tests.Service;

/// <summary>Notifications over HTTP, through the real silo and store.</summary>
public sealed class NotificationTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public async Task Put_ABodyBeyondTheLimit_IsRefused()
    {
        const string Path = "/api/v1/notifications/padded";
        var body = """{"on":["failed"],"to":{"slack":"https://chat.example/x"}}""".PadRight(
            ServiceLimits.NotificationBytes);

        (await service.Client.Send(HttpMethod.Put, Path, body + " ")).Problem(413, "body-too-large");
        Assert.Equal(404, (await service.Client.Get(Path)).Status);
        Assert.Equal(201, (await service.Client.Send(HttpMethod.Put, Path, body)).Status);
    }

    [Fact]
    public async Task Put_WithNulls_TakesThemAsLeftOut()
    {
        const string Path = "/api/v1/notifications/nulls";
        const string Body = """
            {"on":["failed"],"to":{"teams":null,"slack":"https://chat.example/x"},"match":{"queue":null,"schedule":"s"},
             "quiet":null,"digest":null,"template":null,"paused":null}
            """;

        var made = await service.Client.Send(HttpMethod.Put, Path, Body);
        var shown = await service.Client.Get(Path);
        var listed = await service.Client.Get("/api/v1/notifications");

        Assert.Equal((201, 200, 200), (made.Status, shown.Status, listed.Status));
        var json = shown.Json;
        Assert.False(json.GetProperty("paused").GetBoolean());
        Assert.Equal("1m", json.GetProperty("digest").GetString());
        Assert.Equal("""{"slack":"https://chat.example/x"}""", json.GetProperty("to").GetRawText());
        Assert.Equal("""{"schedule":"s"}""", json.GetProperty("match").GetRawText());
        Assert.Contains(
            listed.Json.GetProperty("items").EnumerateArray(),
            static one => one.GetProperty("name").GetString() == "nulls");
    }
}
