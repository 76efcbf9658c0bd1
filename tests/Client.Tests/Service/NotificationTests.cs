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
}
