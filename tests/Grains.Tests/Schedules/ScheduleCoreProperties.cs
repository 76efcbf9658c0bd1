using OrleansTasks.Calendars;

namespace OrleansTasks.Schedules;

/// <summary>
/// Random scripts of time, outages, restarts, lost commits, pauses, changes, clocks that are set, and tasks that end.
/// The model is a list of times: those that the schedule's owner has met.
/// </summary>
public sealed class ScheduleCoreProperties
{
    private const string Id = "s";

    [Fact]
    public void Times_OfAnyScript_AreRecordedOnceEach_AndKeepTheRules()
    {
        for (var seed = 0; seed < 120; seed++)
            new Script(seed).Run();
    }

    private sealed class Script
    {
        private readonly Random random;
        private readonly int seed;
        private readonly ScheduleRig rig = new();
        private readonly List<long> met = [];
        private readonly SchedulePlan plan;
        private long from;
        private bool isPaused;
        private bool isSetBack;

        public Script(int seed)
        {
            (this.seed, random) = (seed, new Random(seed));
            var period = 1_000L * random.Next(1, 30);
            plan = ScheduleRig.Every(period, rig.Now + random.Next(100_000)) with
            {
                Overlap = (Overlap)random.Next(3),
                CatchUp = (CatchUp)random.Next(3),
                CatchUpLimit = random.Next(1, 20),
                StartWithin = 1_000L * random.Next(1, 60),
                Jitter = random.Next(2) * random.Next(40_000),
            };
            from = rig.Now;
        }

        public void Run()
        {
            rig.Create(Id, plan);
            for (var step = 0; step < 200; step++)
                Step();
            Check();
        }

        private void Step()
        {
            switch (random.Next(14))
            {
                case < 5:
                    rig.Advance(random.Next(20_000));
                    break;
                case 5:
                    rig.Pass(random.Next(400_000));
                    rig.Advance(0);
                    break;
                case 6:
                    rig.Restart();
                    return;
                case 7:
                    rig.Pass(random.Next(60_000));
                    rig.LoseRound();
                    return;
                case 8 when random.Next(6) == 0:
                    rig.Pass(-random.Next(200_000));
                    // What waits may then start before its time comes again.
                    isSetBack = true;
                    return;
                case 9 when random.Next(4) == 0:
                    Pause();
                    return;
                case 10 when random.Next(2) == 0:
                    Change(() => rig.Replace(Id, plan, isPaused));
                    return;
                case 11 when random.Next(2) == 0:
                    Change(() => rig.Follow(Id, CalendarSet.Empty));
                    return;
                default:
                    if (rig.Open.Count == 0)
                        return;
                    rig.End(rig.Open.ElementAt(random.Next(rig.Open.Count)));
                    break;
            }

            Meet();
            CheckRules();
        }

        private void Pause()
        {
            if (isPaused)
            {
                rig.Resume(Id);
                from = Math.Max(rig.Now, met.LastOrDefault());
            }
            else
            {
                Meet();
                // It waits for its jitter, so it is skipped.
                if (plan.Times.Next(from) is { } time && time <= rig.Now)
                {
                    met.Add(time);
                    from = time;
                }

                rig.Pause(Id);
            }

            isPaused = !isPaused;
        }

        // Times count from now, except one that has come and waits for its jitter: it stays the next one.
        private void Change(Action change)
        {
            Meet();
            change();
            if (!isPaused && !(plan.Times.Next(from) <= rig.Now))
                from = Math.Max(rig.Now, met.LastOrDefault());
        }

        // The owner has looked at all times whose start has come.
        private void Meet()
        {
            while (!isPaused && plan.Times.Next(from) is { } time && DueAt(time) <= rig.Now)
            {
                met.Add(time);
                from = time;
            }
        }

        private long DueAt(long time) => time + ScheduleJitter.Of(Id, time, plan.Times.Next(time), plan.Jitter);

        private void CheckRules()
        {
            var open = rig.Of(Id).Where(static row => row is { Outcome: OccurrenceOutcome.Started, State: null }).ToList();
            Assert.True(open.Count == rig.Open.Count, $"seed {seed}: {rig.Open.Count} tasks are open, {open.Count} in rows");
            Assert.True(plan.Overlap == Overlap.Allow || open.Count <= 1, $"seed {seed}: overlap at {rig.Now}: {rig.Text(Id)}");
            var pending = rig.Of(Id).Count(static row => row.Outcome == OccurrenceOutcome.Pending);
            Assert.True(pending == 0 || (open.Count > 0 && plan.Overlap != Overlap.Allow), $"seed {seed}: one waits for nothing: {rig.Text(Id)}");
            Assert.True(pending <= Math.Max(plan.MostCaughtUp, plan.Overlap == Overlap.QueueOne ? 1 : 0), $"seed {seed}: {pending} wait");
        }

        private void Check()
        {
            rig.Advance(0);
            Meet();
            var recorded = new List<long>();
            foreach (var row in rig.Of(Id))
            {
                var at = row.At;
                for (var i = 0; i < row.Count; i++, at = plan.Times.Next(at)!.Value)
                    recorded.Add(at);
                Assert.True(row.Until == recorded[^1], $"seed {seed}: {row}");
                Assert.True(row.StartedAt == 0 || row.StartedAt >= DueAt(row.At) || isSetBack, $"seed {seed}: early: {row}");
                Assert.True(
                    row.Outcome != OccurrenceOutcome.Started || plan.CatchUp != CatchUp.None || plan.Overlap == Overlap.QueueOne
                    || row.StartedAt - DueAt(row.At) <= plan.StartWithin, $"seed {seed}: late: {row}");
            }

            recorded.Sort();
            Assert.True(recorded.SequenceEqual(met), $"seed {seed}: recorded {recorded.Count} times, met {met.Count}");
        }
    }
}
