using OrleansTasks.Nodes;

namespace OrleansTasks.Schedules;

/// <summary>
/// Random scripts of files that are written, moved away and seen, with listings that leave files out, restarts, lost
/// commits, full queues and pauses. Each version of a file has a time of its own, so the model knows which version an
/// occurrence is for.
/// </summary>
public sealed class FolderScheduleProperties
{
    private const string Id = "s";

    [Fact]
    public void Versions_OfAnyScript_StartOneOccurrenceEach_OnceTheyHaveSettled()
    {
        for (var seed = 0; seed < 300; seed++)
            new Script(seed).Run();
    }

    private sealed class Script
    {
        private readonly Random random;
        private readonly int seed;
        private readonly ScheduleRig rig = new();
        private readonly WatchedFolder folder;
        private readonly int mostListed;

        // The versions of the files that are there, and when each was written.
        private readonly SortedDictionary<string, (long Version, long At)> files = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Name, long Version), int> started = [];
        private long version;
        private bool isPaused;

        public Script(int seed)
        {
            (this.seed, random) = (seed, new Random(seed));
            folder = new WatchedFolder("w1", "/in", "*", random.Next(4) * 5_000);
            mostListed = random.Next(2) == 0 ? 1_000 : random.Next(2, 6);
        }

        public void Run()
        {
            rig.Create(Id, ScheduleRig.Every(1_000L * random.Next(1, 30), rig.Now) with
            {
                Overlap = (Overlap)random.Next(3),
                Jitter = random.Next(2) * 500,
                Files = folder,
            });
            for (var step = 0; step < 200; step++)
                Step();
            Finish();
        }

        private void Step()
        {
            switch (random.Next(10))
            {
                case < 3:
                    Write($"f{random.Next(12):d2}");
                    break;
                case 3 when files.Count > 0:
                    files.Remove(files.Keys.ElementAt(random.Next(files.Count)));
                    break;
                case 4 when random.Next(4) == 0:
                    rig.Restart();
                    break;
                case 5 when random.Next(4) == 0:
                    rig.LoseRound();
                    break;
                case 6 when random.Next(4) == 0:
                    rig.IsFull = !rig.IsFull;
                    break;
                case 7 when random.Next(4) == 0:
                    if (isPaused)
                        rig.Resume(Id);
                    else
                        rig.Pause(Id);
                    isPaused = !isPaused;
                    break;
                case 8 when rig.Open.Count > 0:
                    rig.End(rig.Open.ElementAt(random.Next(rig.Open.Count)));
                    break;
                default:
                    rig.Advance(random.Next(15_000));
                    break;
            }

            if (rig.Looks.Count > 0 && random.Next(3) > 0)
                Answer(mostListed, isLost: random.Next(8) == 0, isFault: random.Next(8) == 0);
        }

        private void Write(string name) => files[name] = (++version, rig.Now);

        private void Answer(int most, bool isLost, bool isFault)
        {
            var listed = files.Take(most).Select(static file => new FolderFile(file.Key, 1, file.Value.Version)).ToImmutableArray();
            var reply = isFault ? FolderReply.Failed("The disk hangs.") : new FolderReply(listed, files.Count > most, rig.Now);
            foreach (var path in rig.Answer(reply, isLost))
            {
                var name = path["/in/".Length..];
                var (version, at) = files[name];
                Assert.True(rig.Now - at >= folder.Settled, $"seed {seed}: {name} was written {rig.Now - at} ms ago");
                Assert.True(started.TryAdd((name, version), 1), $"seed {seed}: version {version} of {name} starts twice");
            }
        }

        // Nothing changes any more, and nothing fails: each file that is there has started an occurrence.
        private void Finish()
        {
            rig.IsFull = false;
            if (isPaused)
                rig.Resume(Id);
            for (var i = 0; i < 20; i++)
            {
                rig.Advance(30_000);
                while (rig.Open.Count > 0)
                    rig.End(rig.Open.First());
                if (rig.Looks.Count > 0)
                    Answer(1_000, isLost: false, isFault: false);
            }

            foreach (var (name, file) in files)
                Assert.True(started.ContainsKey((name, file.Version)), $"seed {seed}: version {file.Version} of {name} has started nothing");
            var rows = rig.Of(Id).ToList();
            Assert.True(rows.Count == started.Count, $"seed {seed}: {rows.Count} occurrences for {started.Count} versions");
            Assert.True(rows.All(static row => row is { Kind: OccurrenceKind.File, StartedId: not null }), $"seed {seed}: {rig.Text(Id)}");
        }
    }
}
