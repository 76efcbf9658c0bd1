using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// Sends lines to a stream block by block, as the gateway does for a request. A block whose answer is lost is sent again at its offset
/// as a repeat. When the grain has begun anew since, nobody can say whether it was taken, so another upload goes on with the next lines.
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
                case AppendOutcome.UploadUnknown:
                    // What of the block is in the job, nobody can say.
                    lines = lines[block.Length..];
                    (upload, offset) = (ids.Next(), 0);
                    break;
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
            reply.Outcome == AppendOutcome.UploadUnknown || reply == new AppendReply(AppendOutcome.Taken, taken),
            $"{taken} lines of a block of {job.Draft.Id} were taken, and then {reply}.");
        if (reply.Outcome == AppendOutcome.Taken)
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
