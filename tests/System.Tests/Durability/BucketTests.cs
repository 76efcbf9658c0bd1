using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.S3;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Services that keep their files in a bucket.</summary>
[Trait("Needs", "s3")]
public sealed class BucketTests : DataFolders
{
    private const string WrongSecret = "a-secret-that-nobody-may-see";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly (string Name, string Value)[] Keys =
        [.. S3Server.Variables.Select(static one => (one.Key, one.Value))];

    [Fact]
    public async Task Task_WithFilesInABucket_FindsThemAndItsArtifactsComeBack_AlsoAfterARestart()
    {
        using var server = new S3Server("tasks");
        string id;
        await using (var service = await Start(server.FilesOption("tasks/a")))
        {
            var bytes = new byte[20_000_000];
            Random.Shared.NextBytes(bytes);
            using var stored = await service.Http.PostAsync("/api/v1/files", new ByteArrayContent(bytes));
            var file = (string)JsonNode.Parse(await stored.EnsureSuccessStatusCode()
                .Content.ReadAsStringAsync())!["file"]!;
            using var posted = await service.Post("/api/v1/tasks", new JsonObject
            {
                ["cmd"] = "cat in in > twice; env | grep -c AWS_ > keys; true",
                ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = file }),
                ["artifacts"] = new JsonArray("twice", "keys"),
            });
            id = (string)JsonNode.Parse(await posted.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!;
            Assert.Equal("succeeded", (string?)(await service.Ended(id))["state"]);
            Assert.Equal((byte[])[.. bytes, .. bytes],
                await service.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/artifacts/twice"));
            Assert.False(Directory.Exists(Path.Combine(Data, "files")));
            Assert.Contains($"files: s3://tasks/a/ at http://127.0.0.1:{server.Port}", service.Log,
                StringComparison.Ordinal);
        }

        await using var next = await Start(server.FilesOption("tasks/a"));
        Assert.Equal("0\n", await next.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts/keys"));
    }

    [Fact]
    public async Task Start_WithAWrongBucketOrSecret_EndsWithOneAndSaysWhatIsWrong()
    {
        using var server = new S3Server("tasks");

        var bucket = await Ended(server.FilesOption("absent"), Keys);
        var secret = await Ended(server.FilesOption("tasks"), [Keys[0], ("AWS_SECRET_ACCESS_KEY", WrongSecret), Keys[2]]);
        var none = await Ended(server.FilesOption("tasks"),
            [Keys[2], ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""),
                ("AWS_SHARED_CREDENTIALS_FILE", In("absent"))]);

        Assert.Equal((1, 1, 1), (bucket.ExitCode, secret.ExitCode, none.ExitCode));
        Assert.Contains("--files: There is no bucket 'absent' at http://127.0.0.1:", bucket.Errors,
            StringComparison.Ordinal);
        Assert.Contains("--files: The secret key does not belong to the access key", secret.Errors,
            StringComparison.Ordinal);
        Assert.Contains("--files: No access key was found. Set AWS_ACCESS_KEY_ID", none.Errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain(WrongSecret, secret.Errors + secret.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OfAServiceWhoseFilesAreElsewhere_IsRefused()
    {
        using var server = new S3Server("tasks");
        await using (var service = await Service.Start(Data))
        {
            using var stored = await service.Http.PostAsync("/api/v1/files", new ByteArrayContent([1]));
            stored.EnsureSuccessStatusCode();
        }

        var refused = await Ended(server.FilesOption("tasks"), Keys);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--files: The service has stored files, but sha256:", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatCannotBeReached_IsToldByAttentionAndDoctor_AndTasksWithoutFilesRun()
    {
        string files;
        using (var server = new S3Server("tasks"))
            files = server.FilesOption("tasks");

        await using var service = await Start(files);

        Assert.Contains("Files can be neither stored nor read: Cannot reach http://127.0.0.1:", service.Log,
            StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
        await Until.Holds("attention says so", Limit, async () =>
            (await service.Http.GetStringAsync("/api/v1/attention"))
                .Contains("\"files-unreachable\"", StringComparison.Ordinal));
        var doctor = await Otask.Run(service, "doctor");
        Assert.Equal(8, doctor.ExitCode);
        Assert.Contains("can neither store nor read files: Cannot reach http://127.0.0.1:", doctor.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_WhoseSenderGoesAway_LeavesNothingInTheBucket()
    {
        using var server = new S3Server("tasks");
        await using var service = await Start(server.FilesOption("tasks"));
        using (var sender = new TcpClient())
        {
            await sender.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
            await sender.GetStream().WriteAsync(
                "POST /api/v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000000\r\n\r\n"u8.ToArray());
            await sender.GetStream().WriteAsync(new byte[30_000_000]);
            await Until.Holds("parts are in the bucket", Limit, () => Task.FromResult(Arriving().Any()));
        }

        await Until.Holds("the parts are gone", Limit, () => Task.FromResult(!Arriving().Any()));
        Assert.Equal(
            "[]", JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/files"))!["items"]!.ToJsonString());

        IEnumerable<string> Arriving() => server.FilesOf("tasks").Where(static path =>
            path.Contains("/arriving/", StringComparison.Ordinal)
            || path.Contains("_uploads", StringComparison.Ordinal));
    }

    private Task<Service> Start(string files) => Service.Start(BuiltPrograms.AllInOne,
        ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--files", files], Data, Keys);

    private Task<Finished> Ended(string files, (string Name, string Value)[] environment) => Finished.Run(
        BuiltPrograms.AllInOne, ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--files", files],
        environment);
}
