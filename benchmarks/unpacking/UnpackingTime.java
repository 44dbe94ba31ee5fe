import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import org.pnettf.core.PackedFile;

/** Prints milliseconds: of the first unpacking of a file in this JVM, and the median of the last hundred. */
class UnpackingTime {
    public static void main(String[] arguments) throws Exception {
        byte[] packed = Files.readAllBytes(Paths.get(arguments[0]));
        long[] times = new long[Integer.parseInt(arguments[1])];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            PackedFile.Companion.unpack(packed);
            times[i] = System.nanoTime() - start;
        }
        long[] last = Arrays.copyOfRange(times, Math.max(times.length - 100, 0), times.length);
        Arrays.sort(last);
        System.out.println(times[0] / 1e6 + " " + last[last.length / 2] / 1e6);
    }
}
