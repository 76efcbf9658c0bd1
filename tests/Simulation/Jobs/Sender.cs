using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// Sends lines to a stream block by block, as the gateway does for a request. A block whose answer is lost is sent again at its offset
/// as a repeat, also to a grain that has begun anew since: it knows from the store what it has of the upload.
/// </summary>
internal sealed class Sender(
    IJobGrain grain, KnownJob job, JobReferee referee, Coverage coverage, Strictness strictness, TimeProvider clock, TaskIdSource ids,
    SimRandom chance)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);

    /// <summary>Sends the lines, or as many as are taken.</summary>
    public async Task Send(ImmutableArray<string> lines)
    {
        var (upload, offset) = (ids.Next(), 0L);
        while (!lines.IsEmpty)
        {
            var block = lines[..Math.Min(lines.Length, chance.Next(1, 40))];
            var reply = await Append(new JobBlock(upload, offset, block.Length, BytesOf(block)));
            coverage.Fire("append " + reply.Outcome);
            switch (reply.Outcome)
            {
                case AppendOutcome.Taken:
                    var taken = (int)reply.Taken;
                    Violation.Unless(taken > 0 && taken <= block.Length, $"{taken} of {block.Length} lines were taken.");
                    referee.Taken(job, block[..taken]);
                    if (chance.Next(8) == 0)
                        await SendAgain(new JobBlock(upload, offset, block.Length, BytesOf(block), IsRepeat: true), taken);
                    offset += taken;
                    lines = lines[taken..];
                    await Task.Delay(chance.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(600)), clock);
                    break;
                case AppendOutcome.Full:
                    await Task.Delay(Again, clock);
                    break;
                case AppendOutcome.Closed:
                    return;
                case AppendOutcome.NoJob when job.IsPruned:
                    return;
                default:
                    throw new Violation($"A block of {job.Draft.Id} was answered by {reply.Outcome}.");
            }
        }
    }

    /// <summary>A block that was taken, as if its answer had been lost: the same answer, and nothing is taken twice.</summary>
    private async Task SendAgain(JobBlock block, int taken)
    {
        var reply = await Append(block);
        Violation.Unless(
            reply == new AppendReply(AppendOutcome.Taken, taken) || (reply.Outcome == AppendOutcome.NoJob && job.IsPruned),
            $"{taken} lines of a block of {job.Draft.Id} were taken, and then {reply}.");
        coverage.Fire("block taken before");
    }

    /// <summary>The answer, however often the block has to be sent for it.</summary>
    private async Task<AppendReply> Append(JobBlock block)
    {
        while (true)
        {
            try
            {
                return await grain.Append(block);
            }
            catch (Exception failure) when (failure is not Violation)
            {
                strictness.Judge("A sender", failure);
                block = block with { IsRepeat = true };
                coverage.Fire(block.Offset == 0 ? "first block repeated" : "block repeated after " + failure.GetType().Name);
            }

            await Task.Delay(Again, clock);
        }
    }

    private static byte[] BytesOf(ImmutableArray<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
}
