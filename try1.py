import time; t0=time.time()
def lap(what):
    global t0; print(f"{what}: {time.time()-t0:.1f}"); t0=time.time()
import pnet_tf, pnet_tf.settings as s
orig = s.read_recipe
def quick(name):
    r = orig(name); r["schedule"] = {**r["schedule"], "epochs":1, "min_updates":0}; r["trainer"]={"name":"none"}; return r
s.read_recipe = quick
import tensorflow; lap("tf")
from pnet_tf import *
import pnet_tf
data = pnet_tf.load_dataset("smart-reply"); lap("load")
x=list(data.train.inputs[:200]); y=[data.labels[i] for i in data.train.targets[:200]]
d = pnet_tf.make_dataset(x,y); lap("make")
f = pnet_tf.fit(d, recipe="text-small"); lap("fit text-small")
e = pnet_tf.export_student(f.student, f.labels, d.valid.inputs, targets=d.valid.targets); lap("export")
m = pnet_tf.load_bytes(e.content); lap("load_bytes")
print(m.predict(["where r u"])); lap("predict")
f = pnet_tf.fit(d, {"trainer":{"name":"gru"}}); lap("fit text gru")
e = pnet_tf.export_student(f.student, f.labels, d.valid.inputs, targets=d.valid.targets); lap("export")
d = pnet_tf.load_dataset("digits"); lap("digits")
f = pnet_tf.fit(d, recipe="image-tiny"); lap("fit image-tiny")
e = pnet_tf.export_student(f.student, f.labels, d.valid.inputs, targets=d.valid.targets); lap("export")
f = pnet_tf.fit(d, recipe="bits"); lap("fit bits")
e = pnet_tf.export_student(f.student, f.labels, d.valid.inputs, targets=d.valid.targets); lap("export")
print(e.report)
