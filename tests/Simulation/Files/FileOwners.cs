using System.Text;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Files;

/// <summary>
/// Those who upload files and have schedules that name them, in half of the runs: for a task, a workflow or a job. They
/// change what a schedule names, delete it and make it anew, until the turmoil is over. Several schedules name some of
/// the files. <see cref="FileReferee"/> checks that no named file is missing, and that none is left over.
/// </summary>
internal sealed class FileOwners(
    SimCluster cluster, SimSilo gateway, Plan plan, FileReferee referee, Coverage coverage, Strictness strictness)
{
    private const int Contents = 12;
    private const int MostBytes = 3_000;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private readonly SimProcess process = gateway.NewProcess("file owners");
    private readonly SimRandom chance = new(plan.Seed, "file owners");
    private int started;
    private int ended;

    /// <summary>Whether they ask for nothing more.</summary>
    public bool AreDone => ended == started;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        if (chance.Next(2) > 0)
            return;
        started = chance.Next(1, 4);
        for (var i = 0; i < started; i++)
        {
            var id = $"files{i}";
            referee.Watch(id);
            process.Run(() => Live(id));
        }
    }

    private async Task Live(string id)
    {
        var queue = Users.NameOf(chance.Next(plan.Queues));
        while (Now < plan.Turmoil)
        {
            var body = Encoding.UTF8.GetBytes(await NewBody());
            await Insist(queue, new ScheduleRequest(ScheduleAction.Put, id) { Spec = body });
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6)), process.Clock);
            if (chance.Next(3) == 0)
                await Insist(queue, new ScheduleRequest(ScheduleAction.Delete, id));
        }

        ended++;
    }

    // It is paused, so that it starts nothing.
    private async Task<string> NewBody()
    {
        var files = new List<FileName>();
        for (var i = chance.Next(1, 4); i > 0; i--)
            files.Add(await Upload(chance.Next(Contents)));
        var entries = string.Join(
            ',', files.Select(static (file, i) => $$"""{"path":"in/{{i}}","file":"{{file}}"}"""));
        var names = string.Join(',', files.Select(static file => $"\"{file}\""));
        var task = $$"""{"argv":["sim","10","0","0","0","0"],"files":[{{entries}}]}""";
        var target = chance.Next(3) switch
        {
            0 => $"\"task\":{task}",
            1 => $$"""
                "workflow":{"nodes":[{"name":"first","task":{"argv":["sim","10","0","0","0","0"]} },
                                     {"name":"n","task":{{task}} }]}
                """,
            _ => $$"""
                "job":{"source":{"file":{"files":[{{names}}],"format":"lines"} },"process":{"builtin":"length"} }
                """,
        };
        return $$"""{"every":"1h","paused":true,{{target}}}""";
    }

    // Until it is stored: what a killed silo had of it is lost.
    private async Task<FileName> Upload(int content)
    {
        var random = new SimRandom(content, "contents");
        var bytes = new byte[random.Next(1, MostBytes)];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)random.Next(256);
        while (true)
        {
            try
            {
                var upload = gateway.Grains.GetGrain<IFileUploadGrain>(NewId());
                var half = bytes.Length / 2;
                var reply = await upload.Append(new FileBlock(0, bytes.AsMemory(0, half)), isArchive: false);
                if (reply.Outcome == UploadOutcome.Done)
                    reply = await upload.Append(new FileBlock(half, bytes.AsMemory(half)), isArchive: false);
                if (reply.Outcome == UploadOutcome.Done)
                    reply = await upload.Complete(bytes.Length, FileName.Of(bytes));
                coverage.Fire($"upload {reply.Outcome}");
                if (reply.Outcome == UploadOutcome.Done)
                    return reply.File!.Value.Name;
                Violation.Unless(reply.Outcome == UploadOutcome.Lost, $"An upload was answered by {reply.Outcome}.");
            }
            catch (Exception failure)
            {
                strictness.Judge("A file's owner", failure);
            }

            await Task.Delay(Again, process.Clock);
        }
    }

    private Guid NewId()
    {
        Span<byte> id = stackalloc byte[16];
        BitConverter.TryWriteBytes(id, chance.NextBits());
        BitConverter.TryWriteBytes(id[8..], chance.NextBits());
        return new Guid(id);
    }

    private async Task Insist(string queue, ScheduleRequest request)
    {
        while (true)
        {
            try
            {
                var reply = await gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue).Schedule(request);
                coverage.Fire($"schedule with files {request.Action} {reply.Outcome}");
                return;
            }
            catch (Exception failure)
            {
                strictness.Judge("A file's owner", failure);
            }

            await Task.Delay(Again, process.Clock);
        }
    }
}
