using OrleansTasks.Storage.Probe;

return args switch
{
    ["acknowledge", var folder, var batch] => await Acknowledge.Run(folder, int.Parse(batch)),
    ["commits", var folder, var count] => await Commits.Run(folder, int.Parse(count)),
    ["unknown", var folder] => await UnknownOutcome.Run(folder),
    ["lives", var folder, var batch, var seconds, var rounds] =>
        await Lives.Measure(folder, int.Parse(batch), double.Parse(seconds), int.Parse(rounds)),
    ["recover", var folder, var tasks] => await Recovery.Measure(folder, int.Parse(tasks)),
    ["prune", var folder, var tasks, var spec] => await Pruning.Measure(folder, int.Parse(tasks), int.Parse(spec)),
    ["open", var folder] => Opening.Run(folder),
    ["lists", var folder, var tasks] => await Lists.Measure(folder, int.Parse(tasks)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Storage.Probe acknowledge FOLDER BATCH   commits until it is killed; prints the id of every acknowledged task
        Storage.Probe commits FOLDER COUNT       so many commits, one after the other
        Storage.Probe open FOLDER                opens the database, or makes it, and closes it
        Storage.Probe unknown FOLDER             commits until one is unknown, then resolves it
        Storage.Probe lives FOLDER BATCH SECONDS ROUNDS | recover FOLDER TASKS | lists FOLDER TASKS   measures
        Storage.Probe prune FOLDER TASKS SPECBYTES   measures commits while retention deletes
        """);
    return 2;
}
