using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Proves by the kernel's own account that a 202 is sent after the task is on the disk.</summary>
[Trait("Needs", "tracing")]
public sealed class FsyncTests : DataFolders
{
    [Fact]
    public async Task Accepted_IsSentAfterTheLogOfTheStoreWasSynced()
    {
        var trace = In("trace");
        const string marker = "marker-of-this-very-task";
        // -y shows which file a descriptor is; -s must hold the marker's place in a page of the log.
        string[] strace = ["-f", "-y", "-s", "65536", "-o", trace, "-e", "trace=pwrite64,write,fsync,fdatasync,sendmsg,sendto,recvmsg,recvfrom"];
        await using (var service = await Service.Start("strace",
            [.. strace, BuiltPrograms.AllInOne, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data", Data, "--slots", "0"], Data))
        {
            using var accepted = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = $"echo {marker}" });
            Assert.Equal(202, (int)accepted.StatusCode);
            Signals.Send(service.Agent, Signals.Terminate);
            Assert.Equal(0, await service.End());
        }

        var calls = TracedCall.Read(trace);
        var received = calls.FindIndex(call => call.Name is "recvmsg" or "recvfrom" && call.Text.Contains(marker, StringComparison.Ordinal));
        Assert.True(received >= 0, "the trace does not show the request");
        var written = calls.FindIndex(received, call =>
            call.Name is "pwrite64" or "write" && call.Text.Contains("tasks.db", StringComparison.Ordinal) && call.Text.Contains(marker, StringComparison.Ordinal));
        Assert.True(written > received, "the trace does not show the task being written");
        var answered = calls.FindIndex(received, call =>
            call.Name is "sendmsg" or "sendto" && call.Text.Contains("HTTP/1.1 202", StringComparison.Ordinal));
        Assert.True(answered > received, "the trace does not show the answer");
        Assert.Contains(calls, call => call.Name is "fsync" or "fdatasync" && call.Text.Contains("tasks.db-wal", StringComparison.Ordinal)
            && call.Result == "0" && call.Began > calls[written].Ended && call.Ended < calls[answered].Began);
    }
}
