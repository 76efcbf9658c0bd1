using OrleansTasks.Jobs;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>What a list of jobs takes. Runs alone: the heap is everybody's.</summary>
[Collection("alone")]
public sealed class JobListMemoryTests(ITestOutputHelper output)
{
    [Fact]
    public async Task List_ManyJobsWithLargeSpecs_TakesLittleMemory()
    {
        const int Jobs = 300;
        var folder = Directory.CreateTempSubdirectory("jobs").FullName;
        try
        {
            using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = Path.Combine(folder, "data") }, TimeProvider.System);
            var store = new SqliteTaskStore(database);
            var items = string.Join(',', Enumerable.Range(100_000, 900_000 / 7));
            var spec = $$"""{"source":{"items":[{{items}}]},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}]}""";
            await JobReadingTests.Add(store, Jobs, spec);
            var reading = new JobReading(store.Jobs, static _ => Task.FromResult<JobView?>(null), TimeProvider.System);
            var resident = Environment.WorkingSet;
            Assert.Equal(Jobs, (await reading.List(JobFilter.All, null, 1000)).Length);
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var views = await reading.List(JobFilter.All, null, 1000);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            resident = Environment.WorkingSet - resident;
            Assert.Equal((Jobs, JobState.Succeeded, """{"sum":12}"""), (views.Length, views[0].State, JobReadingTests.Text(views[0])));
            output.WriteLine($"{allocated >> 10} KiB allocated, resident {resident >> 10} KiB more");
            Assert.InRange(allocated, 0, 20 << 20);
            Assert.InRange(resident, long.MinValue, 50 << 20);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
